import { expect, test } from "vitest";
import { type BrokerConfigInput, compareConfigs, resolveConfig } from "../config/index.ts";
import { mergeLive } from "./merge-config.ts";

function merged(before: BrokerConfigInput, after: BrokerConfigInput) {
  const [current, next] = [resolveConfig(before), resolveConfig(after)];
  return mergeLive(current, next, compareConfigs(current, next).restart);
}

test("takes over what changes live and leaves the rest of the same section as it is", () => {
  const config = merged(
    { mqtt: { maxInflight: 5, sessionExpiryCheckInterval: "1s" }, log: { level: "info", format: "text" } },
    { mqtt: { maxInflight: 9, sessionExpiryCheckInterval: "2s" }, log: { level: "debug", format: "json" } },
  );
  expect(config.mqtt).toMatchObject({ maxInflight: 9, sessionExpiryCheckInterval: 1000 });
  expect(config.log).toMatchObject({ level: "debug", format: "text" });
});

test("whole keys that need a restart stay: lists, texts, durations, sections of stores", () => {
  const before = {
    listeners: [{ address: ":1" }],
    pidFile: "a",
    hookTimeout: "1s",
    persistence: { type: "redis", redis: { a: 1 } },
  };
  const config = merged(before, {
    listeners: [{ address: ":2" }],
    pidFile: "b",
    hookTimeout: "2s",
    persistence: { type: "memory" },
    shutdownTimeout: "7s",
  });
  expect(config).toMatchObject({
    listeners: [{ address: ":1" }],
    pidFile: "a",
    hookTimeout: 1000,
    persistence: before.persistence,
    shutdownTimeout: 7000,
  });
});

test("the result can't be changed", () => {
  const config = merged({ log: { format: "text" } }, { log: { format: "json" } });
  expect([Object.isFrozen(config), Object.isFrozen(config.log)]).toEqual([true, true]);
});
