import { expect, test } from "vitest";
import { formatted } from "../../test/formatted.ts";
import { configReferencePage } from "./reference-page.ts";

test("docs/configuration.md is what the declaration says (vitest -u writes it anew)", async () => {
  const page = formatted(configReferencePage(), "docs/configuration.md");
  await expect(page).toMatchFileSnapshot("../../../../docs/configuration.md");
});
