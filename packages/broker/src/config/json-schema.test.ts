import { expect, test } from "vitest";
import { formatted } from "../../test/formatted.ts";
import { configJsonSchema } from "./json-schema.ts";

test("apps/gmqttd/config.schema.json is what the declaration says (vitest -u writes it anew)", async () => {
  const schema = formatted(JSON.stringify(configJsonSchema(), undefined, 2), "apps/gmqttd/config.schema.json");
  await expect(schema).toMatchFileSnapshot("../../../../apps/gmqttd/config.schema.json");
});
