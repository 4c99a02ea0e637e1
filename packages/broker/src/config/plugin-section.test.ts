import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { PluginDefinition } from "../plugin/plugin.ts";
import { pluginKeys, readPluginSection } from "./plugin-section.ts";
import { describeConfigError } from "./resolve.ts";

const configSchema = z.strictObject({
  hash: z.enum(["md5", "argon2id"]).default("argon2id"),
  rules: z.array(z.object({ topic: z.string() })).default([]),
  sources: z.array(z.strictObject({ url: z.string().optional() }).refine(() => true)).optional(),
  wait: z.strictObject({ first: z.number().default(1) }).prefault({}),
});

function definition(schema?: typeof configSchema): PluginDefinition {
  const create = () => ({ name: "auth", load: () => {}, unload: () => {}, hookWrapper: () => ({}) });
  return schema === undefined ? { name: "auth", create } : { name: "auth", configSchema: schema, create };
}

function errors(section: unknown, schema?: typeof configSchema): string[] {
  const result = readPluginSection(definition(schema), section, "plugins.auth");
  return result.ok ? [] : result.errors.map(describeConfigError);
}

describe("readPluginSection", () => {
  test("answers the section as the schema made it", () => {
    const read = (section: unknown) => readPluginSection(definition(configSchema), section, "plugins.auth");
    expect(read({ hash: "md5" })).toEqual({ ok: true, section: { hash: "md5", rules: [], wait: { first: 1 } } });
    expect(read(undefined)).toEqual({ ok: true, section: { hash: "argon2id", rules: [], wait: { first: 1 } } });
    expect(read({ hash: null, package: "./auth.js" })).toEqual({
      ok: true,
      section: { hash: "argon2id", rules: [], wait: { first: 1 } },
    });
  });

  test("gives errors the path of the key in the file", () => {
    expect(errors({ hash: "md4", rules: [{ topic: "a" }, { topic: 1 }] }, configSchema)).toEqual([
      expect.stringMatching(/^plugins\.auth\.hash: invalid option/),
      expect.stringMatching(/^plugins\.auth\.rules\.1\.topic: invalid input/),
    ]);
  });

  test("names unknown keys one by one, with a guess", () => {
    expect(errors({ hsah: "md5", zzz: 1 }, configSchema)).toEqual([
      "plugins.auth.hsah: unknown key, did you mean hash?",
      "plugins.auth.zzz: unknown key",
    ]);
  });

  test("has a guess for what stands deeper, too", () => {
    expect(errors({ sources: [{}, { urll: "x" }], wait: { frist: 1 } }, configSchema)).toEqual([
      "plugins.auth.sources.1.urll: unknown key, did you mean url?",
      "plugins.auth.wait.frist: unknown key, did you mean first?",
    ]);
  });

  test("refuses any key for a plugin without a schema, and any section that is no mapping", () => {
    expect(errors({ a: 1 })).toEqual(["plugins.auth.a: unknown key, plugin auth takes no configuration"]);
    expect(errors({ package: "x" })).toEqual([]);
    expect(errors(7)).toEqual(["plugins.auth: must be a mapping of keys"]);
  });

  test("knows the keys of a schema that tells them", () => {
    expect(pluginKeys(configSchema)).toEqual(["hash", "rules", "sources", "wait"]);
    expect(pluginKeys(undefined)).toEqual([]);
  });
});
