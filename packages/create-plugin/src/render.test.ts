/** The files of a new package; scripts/plugin-check.mjs installs, builds, tests and lints some of them for real. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HOOK_NAMES } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Choices } from "./choices.ts";
import { renderPlugin } from "./render.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { writePlugin } from "./write.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const bare: Choices = { name: "q", packageName: "gmqtt-plugin-q", hooks: [], config: false, output: "q" };
const full: Choices = {
  name: "quiet-hours",
  packageName: "@acme/gmqtt-plugin-quiet-hours",
  hooks: HOOK_NAMES,
  config: true,
  output: "quiet",
};
const long: Choices = {
  ...full,
  name: `${"long-".repeat(7)}names`,
  packageName: `@${"a".repeat(30)}/${"b".repeat(50)}`,
};

function textOf(choices: Choices, path: string): string {
  return renderPlugin(choices, 2026).get(path) ?? "";
}

/** A manifest as far as the tests look at it. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repository, folder, "package.json"), "utf8")) as Manifest;
}

describe("a new package", () => {
  it("has everything that a published package needs, under its real names", () => {
    expect([...renderPlugin(full, 2026).keys()].sort()).toEqual([
      ".github/workflows/publish.yml",
      ".github/workflows/test.yml",
      ".gitignore",
      "LICENSE",
      "README.md",
      "biome.json",
      "gmqttd.yml",
      "package.json",
      "src/config.ts",
      "src/index.ts",
      "src/plugin.ts",
      "test/plugin.test.ts",
      "tsconfig.build.json",
      "tsconfig.json",
    ]);
  });

  it("has no schema and no zod without a configuration", () => {
    const files = renderPlugin(bare, 2026);
    expect(files.has("src/config.ts")).toBe(false);
    expect([...files.values()].join("\n")).not.toMatch(/zod|greeting|applyConfig/);
  });

  it("is called by its own names everywhere", () => {
    for (const choices of [bare, full]) {
      const all = [...renderPlugin(choices, 2026).values()].join("\n");
      expect(all).not.toMatch(/example|<!--|2000|\/\/ hooks/i);
    }
    expect(textOf(full, "src/plugin.ts")).toContain("class QuietHoursPlugin implements Plugin");
    expect(textOf({ ...full, name: "my-plugin" }, "src/plugin.ts")).toContain("class MyPlugin implements");
    expect(textOf({ ...full, name: "plugin" }, "src/plugin.ts")).toContain("class PluginPlugin implements");
    expect(textOf(full, "LICENSE")).toContain("(c) 2026 the authors of @acme/gmqtt-plugin-quiet-hours\n");
    expect(textOf(full, "README.md")).toContain("npm install @acme/gmqtt-plugin-quiet-hours\n");
  });

  it("starts with the tools of this repository and with our packages as they are", () => {
    const manifest = JSON.parse(textOf(full, "package.json")) as Manifest;
    const { devDependencies: ours } = readManifest(".");
    for (const name of ["@biomejs/biome", "@types/node", "typescript", "vitest"]) {
      expect(manifest.devDependencies[name], name).toBe(ours[name]);
    }
    const broker = readManifest("packages/broker");
    expect(manifest.dependencies).toEqual({ zod: broker.dependencies?.zod });
    expect(manifest.peerDependencies).toEqual({ "@gmqtt/broker": `^${broker.version}` });
    expect(manifest.devDependencies["@gmqtt/broker"]).toBe(`^${broker.version}`);
    expect(manifest.devDependencies["@gmqtt/testing"]).toBe(`^${readManifest("packages/testing").version}`);
  });

  it("tests before it publishes, with provenance and without a token", () => {
    const workflow = parse(textOf(full, ".github/workflows/publish.yml"));
    expect(workflow.permissions).toEqual({ contents: "read", "id-token": "write" });
    const commands = workflow.jobs.publish.steps.flatMap(({ run }: { run?: string }) => run ?? []);
    expect(commands).toEqual(["npm ci", "npm run lint", "npm test", "npm publish --provenance --access public"]);
    expect(textOf(full, ".github/workflows/publish.yml")).not.toMatch(/TOKEN/);
  });

  it("has a configuration that loads it by its path", () => {
    expect(parse(textOf(full, "gmqttd.yml"))).toMatchObject({
      plugin_order: ["quiet-hours"],
      plugins: { "quiet-hours": { package: "./dist/index.js", greeting: "hello" } },
    });
  });

  it.each([
    ["no hook and no configuration", bare],
    ["all hooks and a configuration", full],
    ["long names", long],
  ])("with %s keeps its own lint and compiles", async (_variant, choices) => {
    expect(existsSync(join(repository, "packages/testing/dist")), "build first, as npm test does").toBe(true);
    const folder = temporaryFolder();
    await writePlugin(renderPlugin(choices, 2026), folder);
    linkModules(folder);
    for (const [tool, ...args] of [
      ["biome", "check", "--error-on-warnings", "."],
      ["tsc", "-p", "tsconfig.json"],
    ] as const) {
      const program = join(repository, "node_modules/.bin", tool);
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
      expect(`${status} ${stdout}${stderr}`).toMatch(/^0 /);
    }
  });
});

/** What `npm install` would bring, from the workspace. */
function linkModules(folder: string): void {
  const places: Record<string, string> = {
    "@gmqtt/broker": "packages/broker",
    "@gmqtt/testing": "packages/testing",
    zod: "packages/create-plugin/node_modules/zod",
  };
  for (const name of ["@types/node", "@biomejs/biome", "vitest", "typescript"]) places[name] = `node_modules/${name}`;
  for (const [name, place] of Object.entries(places)) {
    mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true });
    symlinkSync(join(repository, place), join(folder, "node_modules", name));
  }
}
