import { describe, expect, test } from "vitest";
import { createBroker } from "../index.ts";
import type { Plugin } from "./plugin.ts";

function plugin(name: string, parts: object = {}): Plugin {
  return { name, load: () => {}, unload: () => {}, hookWrapper: () => ({}), ...parts };
}

describe("a broker refuses", () => {
  test.each([
    ["a name that two plugins have", [plugin("a"), plugin("b"), plugin("a")], "plugin a: is there twice"],
    ["a plugin without a name", [plugin("")], "a plugin has no name"],
    ["a plugin that lacks a method", [plugin("a", { unload: undefined })], "plugin a: has no unload()"],
    [
      "a hook that does not exist",
      [plugin("a", { hookWrapper: () => ({ onConnect: () => () => {} }) })],
      "plugin a: wraps onConnect, which is no hook, did you mean onConnected?",
    ],
    [
      "a hook that nobody could have meant",
      [plugin("a", { hookWrapper: () => ({ zzz: () => () => {} }) })],
      /^plugin a: wraps zzz, which is no hook$/,
    ],
    [
      "a hook that can't be called",
      [plugin("a", { hookWrapper: () => ({ onConnected: 5 }) })],
      "plugin a: onConnected must be a function of next",
    ],
    [
      "no wrapper at all",
      [plugin("a", { hookWrapper: () => undefined })],
      "plugin a: hookWrapper() must answer an object",
    ],
  ])("%s", (_what, plugins, message) => {
    expect(() => createBroker({ plugins })).toThrow(message);
  });
});

test("a hook may be left undefined", () => {
  createBroker({ plugins: [plugin("a", { hookWrapper: () => ({ onConnected: undefined }) })] });
});
