import { expect, test } from "vitest";
import { ConfigError, StartError } from "./errors.ts";

test("a ConfigError has path, hint and cause, and its message begins with the path", () => {
  const cause = new Error("below");
  const error = new ConfigError("mqtt.max_inflight", "must be less", { hint: "take 5", cause });
  expect(error).toMatchObject({ name: "ConfigError", path: "mqtt.max_inflight", hint: "take 5", cause });
  expect(error.message).toBe("mqtt.max_inflight: must be less");
  const bare = new ConfigError("", "no mapping");
  expect([bare.message, bare.hint, "cause" in bare]).toEqual(["no mapping", undefined, false]);
});

test("a StartError names the culprit", () => {
  const cause = new Error("below");
  expect(new StartError("plugin auth", "did not load", { cause })).toMatchObject({
    name: "StartError",
    culprit: "plugin auth",
    message: "did not load",
    cause,
  });
});
