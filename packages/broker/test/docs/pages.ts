/** Where the pages of the documentation are, and what code stands in them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const repository: string = fileURLToPath(new URL("../../../../", import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  /** Relative to the repository. */
  readonly page: string;
  /** Of the block's first line of code. */
  readonly line: number;
  readonly language: string;
  /** Path of the file that the block is, where the page says so; such blocks of a page may import each other. */
  readonly file?: string;
  readonly code: string;
}

/** A page by its path from the top of the repository. */
export function readPage(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

/** Every page below docs/. */
export function docPages(): string[] {
  const files = readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".md")).map((file) => join("docs", file));
}

/** The fenced blocks of a page. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: (Omit<CodeBlock, "page" | "code"> & { readonly lines: string[] }) | undefined;
  for (const [index, line] of readPage(page).split("\n").entries()) {
    const fence = /^```(\w*) ?(\S*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) {
      const [, language = "", file = ""] = fence;
      open = { language, line: index + 2, lines: [], ...(file === "" ? {} : { file }) };
    } else {
      const { lines, ...block } = open;
      blocks.push({ ...block, page, code: `${lines.join("\n")}\n` });
      open = undefined;
    }
  }
  return blocks;
}

/** The cells of the first table below a heading, without its head. */
export function tableRows(page: string, heading: string): string[][] {
  const [, below = ""] = readPage(page).split(`# ${heading}\n`);
  const lines = below.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const rows = lines.slice(first + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** READMEs whose code is checked with the pages; that of @gmqtt/testing is run by scripts/pack-check.mjs. */
export const readmes: readonly string[] = ["README.md", "packages/broker/README.md", "packages/packets/README.md"];
