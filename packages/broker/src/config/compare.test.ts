import { describe, expect, test } from "vitest";
import { compareConfigs } from "./compare.ts";
import type { BrokerConfigInput } from "./options-input.ts";
import { resolveConfig } from "./resolve.ts";

function changes(before: BrokerConfigInput, after: BrokerConfigInput) {
  return compareConfigs(resolveConfig(before), resolveConfig(after));
}

describe("compareConfigs", () => {
  test("finds nothing between equals", () => {
    expect(changes({ plugins: { a: { b: [1] } } }, { plugins: { a: { b: [1] } } })).toEqual({
      live: [],
      restart: [],
      plugins: [],
    });
  });

  test("tells live keys from those that need a restart", () => {
    const after = {
      mqtt: { maxInflight: 5, sessionExpiryCheckInterval: "1s" },
      limits: { maxSessions: 7 },
      log: { level: "debug", format: "json" },
      listeners: [{ address: ":1" }],
      pidFile: "a",
      persistence: { type: "memory", redis: {} },
    } as const;
    expect(changes({}, after)).toEqual({
      live: ["mqtt.max_inflight", "limits.max_sessions", "log.level"],
      restart: ["pid_file", "listeners", "mqtt.session_expiry_check_interval", "log.format", "persistence"],
      plugins: [],
    });
  });

  test("names plugins whose section changed, came or went", () => {
    const before = { plugins: { a: { x: 1 }, b: {}, c: {} } };
    expect(changes(before, { plugins: { a: { x: 2 }, b: {}, d: {} } }).plugins).toEqual(["a", "c", "d"]);
  });
});
