import { expect, test } from "vitest";
import { formatted } from "../../test/formatted.ts";
import { configTypesSource } from "./types-source.ts";

test.each([
  ["options.ts", "value"],
  ["options-input.ts", "input"],
] as const)("%s is what the declaration says (vitest -u writes it anew)", async (file, side) => {
  const source = formatted(configTypesSource(side), `packages/broker/src/config/${file}`);
  await expect(source).toMatchFileSnapshot(`./${file}`);
});
