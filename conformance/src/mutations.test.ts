import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const list = new URL("../mutations/mutations.mjs", import.meta.url).href;
const { mutations } = (await import(/* @vite-ignore */ list)) as { readonly mutations: readonly Mutation[] };

// Whoever changes a line that a mutation breaks changes the mutation with it, or docs/mutations.md can't be made again.
test.each(mutations)("the mutation $name still finds its place, once", ({ file, find, replace }) => {
  const code = readFileSync(`${root}${file}`, "utf8");
  expect(code.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});
