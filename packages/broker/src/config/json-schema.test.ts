import { expect, test } from "vitest";
import { configJsonSchema } from "./json-schema.ts";

test("apps/gmqttd/config.schema.json is what the declaration says (vitest -u writes it anew)", async () => {
  const schema = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`;
  await expect(schema).toMatchFileSnapshot("../../../../apps/gmqttd/config.schema.json");
});
