import { describe, expect, test } from "vitest";
import { printableConfig } from "./print.ts";
import { readConfig } from "./read.ts";
import { resolveConfig } from "./resolve.ts";

describe("printableConfig", () => {
  test("prints what reads back as the same configuration", () => {
    const config = resolveConfig({
      mqtt: { sessionExpiry: "1h30m" },
      listeners: [
        { address: ":1", tls: { cert: "a", key: "b" } },
        { address: ":2", websocket: {} },
      ],
      plugins: { auth: { hash: "md5", password_file: null } },
      pidFile: "x.pid",
    });
    const document = printableConfig(config);
    expect(document).toMatchObject({ mqtt: { session_expiry: "1h30m" }, pid_file: "x.pid" });
    const back = readConfig({ document, parseValue: JSON.parse, readFile: String });
    expect(back.ok && back.config).toEqual(config);
  });

  test("hides what headers and the parameters of addresses say", () => {
    const url = "https://host/auth?realm=a&access_token=hunter2&key=b#top";
    const headers = { authorization: "Bearer hunter2", "x-any": "hunter2" };
    const { plugins } = printableConfig(resolveConfig({ plugins: { a: { http: { url, headers } } } }));
    expect(plugins).toEqual({
      a: {
        http: {
          url: "https://host/auth?realm=a&access_token=(hidden)&key=b#top",
          headers: { authorization: "(hidden)", "x-any": "(hidden)" },
        },
      },
    });
  });

  test("hides secrets of plugins and stores, by their names, and passwords in addresses", () => {
    const printed = printableConfig(
      resolveConfig({
        persistence: { type: "redis", redis: { addr: "redis://me:hunter2@host:1", password: "hunter2", database: 0 } },
        plugins: {
          a: { password_file: "./a.yml", api_token: "hunter2", nested: [{ clientSecret: "hunter2", password: "" }] },
        },
      }),
    );
    expect(JSON.stringify(printed)).not.toContain("hunter2");
    expect(printed.persistence).toEqual({
      type: "redis",
      redis: { addr: "redis://me:(hidden)@host:1", password: "(hidden)", database: 0 },
    });
    expect(printed.plugins).toEqual({
      a: { password_file: "./a.yml", api_token: "(hidden)", nested: [{ clientSecret: "(hidden)", password: "" }] },
    });
  });
});
