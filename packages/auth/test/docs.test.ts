/** docs/auth.md says what the code does: its keys and defaults, its example of rules. Its commands are run by gmqttd's tests. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { configSchema } from "../src/config.ts";
import { login, run } from "./fixtures.ts";

const page = readFileSync(new URL("../../../docs/auth.md", import.meta.url), "utf8");

function sectionOf(section: object): Record<string, unknown> {
  const result = configSchema.safeParse(section);
  if (!result.success) throw new Error(JSON.stringify(result.error.issues));
  return result.data as unknown as Record<string, unknown>;
}

/** A row of a table of keys. */
interface Row {
  readonly names: readonly string[];
  readonly fallback: string;
}

/** The rows of all tables of keys with defaults, those of rules and tokens left out: their keys are not the section's. */
function rows(): Row[] {
  const [, ...tables] = page.split("| key | default |");
  return tables.flatMap((table) => {
    const lines = table.split("\n").slice(2);
    return lines
      .slice(
        0,
        lines.findIndex((line) => !line.startsWith("|")),
      )
      .map((line): Row => {
        const [, names = "", fallback = ""] = line.split("|").map((cell) => cell.trim());
        return { names: [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name), fallback };
      });
  });
}

const jwt = { secret: "0123456789abcdef0123456789abcdef" };
const http = { url: "http://localhost/" };
const full = sectionOf({ jwt, http, sources: ["password", "jwt", "http"] });

describe("docs/auth.md", () => {
  it("has every key of the section", () => {
    const keysOf = (value: unknown): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
        : [];
    const optional = ["acl", "acl_file", "acl_default", "new_hash", "issuer", "audience", "algorithms", "jwks_file"];
    const missing = [...keysOf(full), ...optional].filter((key) => !new RegExp(`\\b${key}\\b`).test(page));
    expect(missing).toEqual([]);
  });

  it("has no key and no default in its tables that the section has not", () => {
    expect(rows().length).toBeGreaterThan(12);
    for (const { fallback, names } of rows()) {
      expect(names.length, fallback).toBeGreaterThan(0);
      for (const name of names) {
        const [, code] = /^`([^`]+)`$/.exec(fallback) ?? [];
        // acl_default holds as soon as there are rules; the schema leaves it open.
        if (code !== undefined && name !== "acl_default") expect(full[name], name).toEqual(parse(code));
        const known = configSchema.safeParse({ [name]: Symbol("of no type") });
        const issues = known.success ? [] : known.error.issues;
        expect(
          issues.some((issue) => "keys" in issue),
          `${name} is no key`,
        ).toBe(false);
      }
    }
  });

  it("shows rules that do what it says of rules", async () => {
    const [, example = ""] = /```yaml\n(acl:[\s\S]*?)```/.exec(page) ?? [];
    const { broker } = await run(parse(example));
    const info = { remoteAddress: "192.0.2.1" };
    const client = await broker.connect({ clientId: "d1", ...login("alice"), info });
    const filters = ["home/secret", "home/door", "devices/d1/x", "devices/d2/x", "other"];
    const { reasonCodes } = await client.subscribe(filters.map((filter) => ({ filter, qos: 2 as const })));
    expect(reasonCodes).toEqual([0x87, 1, 2, 0x87, 0x87]);
    const here = await broker.connect({ ...login("bob"), info: { remoteAddress: "127.0.0.1" } });
    expect((await here.subscribe(["home/secret", "other"])).reasonCodes).toEqual([0x87, 0]);
  });
});
