/** All code in the documentation is type-checked: each block by itself, as a module of its own, or as the file that it is. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type CodeBlock, codeBlocks, docPages, readmes, repository } from "./pages.ts";

const languages: Readonly<Record<string, string>> = { ts: ".mts", js: ".mjs" };

/** Packages that examples import, from their sources. */
const paths = {
  "@gmqtt/broker": [join(repository, "packages/broker/src/index.ts")],
  "@gmqtt/packets": [join(repository, "packages/packets/src/index.ts")],
  "@gmqtt/prometheus": [join(repository, "packages/prometheus/src/index.ts")],
  "@gmqtt/testing": [join(repository, "packages/testing/src/index.ts")],
  zod: [join(repository, "packages/broker/node_modules/zod/index.d.ts")],
};

/** Complaints of tsc about the blocks, each with the page and line it is about. */
function complaints(blocks: readonly CodeBlock[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const places = new Map(blocks.map((block, index) => [placeOf(block, index), block]));
  for (const [place, { code }] of places) {
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    writeFileSync(join(folder, place), `${code}export {};\n`);
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const compilerOptions = {
    ...{ noEmit: true, composite: false, incremental: false, declaration: false, declarationMap: false },
    ...{ isolatedDeclarations: false, allowImportingTsExtensions: true, rewriteRelativeImportExtensions: false },
    // JavaScript names no types, so parameters may be of any.
    ...{ allowJs: true, checkJs: true, noImplicitAny: false },
    paths,
  };
  const config = { extends: join(repository, "tsconfig.base.json"), compilerOptions, include: ["blocks"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = spawnSync(join(repository, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    encoding: "utf8",
    cwd: folder,
  });
  // What is wrong with the packages themselves is for other checks to say.
  const lines = `${tsc.stdout}${tsc.stderr}`.split("\n").filter((line) => /^(blocks|error)/.test(line));
  return lines.map((line) =>
    line.replace(/^(blocks\/[^(]+)\((\d+),/, (_match, place: string, at: string) => {
      const block = places.get(place) as CodeBlock;
      return `${block.page}:${block.line + Number(at) - 1} (`;
    }),
  );
}

/** The files of a page stand beside each other. */
function placeOf({ file, language, page }: CodeBlock, index: number): string {
  if (file === undefined) return `blocks/${index}${languages[language]}`;
  return `blocks/${page.replace(/\W/g, "-")}/${file}`;
}

const blocks = [...docPages(), ...readmes]
  .flatMap((page) => codeBlocks(page))
  .filter(({ language }) => language in languages);

it("type-checks", () => {
  expect(blocks.length).toBeGreaterThan(10);
  expect(complaints(blocks)).toEqual([]);
});

it("would not, if it were wrong", () => {
  const wrong = { page: "docs/made-up.md", line: 7, language: "ts" };
  const code = `import { createBroker } from "@gmqtt/broker";\ncreateBroker({ confg: {} });\n`;
  const [complaint, ...others] = complaints([{ ...wrong, code }]);
  expect(complaint).toMatch(/^docs\/made-up\.md:8 .*confg/);
  expect(others).toEqual([]);
});
