import { expect, test } from "vitest";
import { configReferencePage } from "./reference-page.ts";

test("docs/configuration.md is what the declaration says (vitest -u writes it anew)", async () => {
  await expect(configReferencePage()).toMatchFileSnapshot("../../../../docs/configuration.md");
});
