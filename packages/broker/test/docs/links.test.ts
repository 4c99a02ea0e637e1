/** Links between pages lead somewhere, headings included. */

import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { docPages, readmes, readPage, repository } from "./pages.ts";

const pages = [...docPages(), ...readmes, "examples/README.md", "CONTRIBUTING.md"];

/** As GitHub makes them. */
function anchors(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

function brokenLinks(page: string): string[] {
  const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  return links.flatMap(([whole, path = "", anchor]) => {
    const target = path === "" ? page : relative(repository, join(repository, dirname(page), path));
    if (!existsSync(join(repository, target))) return [whole];
    return anchor === undefined || anchors(target).includes(anchor) ? [] : [whole];
  });
}

it.each(pages)("the links of %s lead somewhere", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

it("finds the pages", () => {
  expect(pages).toContain("docs/hooks.md");
});
