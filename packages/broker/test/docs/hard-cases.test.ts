/** docs/hard-cases.md names the tests of every hard case, and all of them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository, tableRows } from "./pages.ts";

const page = "docs/hard-cases.md";
const folder = join(repository, "packages/protocol-tests/src");
const parts = ["Connecting", "Malformed packets", "Publishing and acknowledging"];
parts.push("Subscribing and retained messages", "Sessions and wills");

/** Names of the test files, without their ends, by the cases that stand in their test names. */
function testsByCase(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".test.ts"))) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const number of new Set([...text.matchAll(/\[hard case (\d+)\]/g)].map((match) => match[1] as string))) {
      found.set(number, [...(found.get(number) ?? []), file.replace(".test.ts", "")]);
    }
  }
  return found;
}

describe(page, () => {
  it("lists forty cases, each with the files whose tests carry its number", () => {
    const found = testsByCase();
    const rows = parts.flatMap((part) => tableRows(page, part));
    expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 1)));
    for (const [number = "", , tests = ""] of rows) {
      const listed = [...tests.matchAll(/`([\w-]+)`/g)].map((match) => match[1] as string);
      expect(listed.toSorted(), `case ${number}`).toEqual(found.get(number)?.toSorted());
    }
  });
});
