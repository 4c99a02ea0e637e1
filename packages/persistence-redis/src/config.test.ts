import { describe, expect, it } from "vitest";
import { configSchema } from "./config.ts";

/** What is wrong with a section, each with its path. */
function issues(section: unknown): string[] {
  const result = configSchema.safeParse(section);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("the section", () => {
  it("takes gmqtt's as it is", () => {
    const section = {
      addr: "10.0.0.1:6379",
      max_idle: 1000,
      max_active: 0,
      idle_timeout: "240s",
      password: "",
      database: 0,
    };
    expect(issues(section)).toEqual([]);
  });

  it.each([
    [{ cluster: ["a:1"], database: 3 }, "database: a cluster has database 0 alone, got 3"],
    [
      { cluster: ["a:1"], sentinel: { master: "m", addresses: ["b:2"] } },
      "sentinel: is not for a cluster, which finds its primaries by itself",
    ],
    [{ addr: "here" }, "addr: must be an address such as 127.0.0.1:6379, got here"],
    [{ command_timeout: "0s" }, "command_timeout: must be a duration such as 5s or 500ms, got 0s"],
    [{ key_prefix: "a{b}" }, "key_prefix: must have no braces and no spaces"],
    [{ tls: { cert: "a.crt" } }, "tls: cert and key go together"],
  ])("refuses %j", (section, issue) => {
    expect(issues(section)).toEqual([issue]);
  });
});
