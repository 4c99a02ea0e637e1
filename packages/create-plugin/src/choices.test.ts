import { HOOK_NAMES } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { ChoiceError, defaultOutput, parseHooks, parseName, parseSwitch } from "./choices.ts";

describe("parseName", () => {
  it.each([
    ["quiet-hours", "quiet-hours", "gmqtt-plugin-quiet-hours"],
    ["gmqtt-plugin-quiet", "quiet", "gmqtt-plugin-quiet"],
    ["@acme/gmqtt-plugin-quiet", "quiet", "@acme/gmqtt-plugin-quiet"],
    ["@acme/quiet_2", "quiet_2", "@acme/quiet_2"],
    [" quiet ", "quiet", "gmqtt-plugin-quiet"],
  ])("takes %j for plugin %s of package %s", (text, name, packageName) => {
    expect(parseName(text)).toEqual({ name, packageName });
  });

  it.each(["", "Quiet", "2nd", "quiet--hours", "quiet/hours", "../quiet", "@acme/", "qu iet", "gmqtt-plugin-"])(
    "refuses %j",
    (text) => {
      expect(() => parseName(text)).toThrow(ChoiceError);
    },
  );

  it("refuses a name of 41 letters and says the limit", () => {
    expect(parseName("a".repeat(40)).name).toHaveLength(40);
    expect(() => parseName("a".repeat(41))).toThrow("has 41 characters, the limit is 40");
  });
});

describe("parseHooks", () => {
  it("takes gmqtt's spelling, ours and any other", () => {
    expect(parseHooks("OnBasicAuth,onSubscribe, ONMSGARRIVED,")).toEqual([
      "onBasicAuth",
      "onSubscribe",
      "onMsgArrived",
    ]);
  });

  it("puts them in the order of their declaration, each once", () => {
    expect(parseHooks("onClosed,OnAccept,onAccept")).toEqual(["onAccept", "onClosed"]);
  });

  it("knows all, none and nothing", () => {
    expect(parseHooks("all")).toEqual(HOOK_NAMES);
    expect(parseHooks("none")).toEqual([]);
    expect(parseHooks("")).toEqual([]);
  });

  it("names what is no hook, and those that there are", () => {
    expect(() => parseHooks("onAccept,onFoo")).toThrow(/no hook "onFoo".*onAccept, .*onClosed/);
    expect(() => parseHooks("all,onAccept")).toThrow('no hook "all"');
  });
});

it("parseSwitch takes what gmqctl takes, and refuses the rest", () => {
  expect(["true", "yes", "1", "TRUE"].map(parseSwitch)).toEqual([true, true, true, true]);
  expect(["false", "no", "0"].map(parseSwitch)).toEqual([false, false, false]);
  expect(() => parseSwitch("quiet")).toThrow('config "quiet" must be true or false');
});

it("the folder of a scoped package is named without its scope", () => {
  expect(defaultOutput("@acme/gmqtt-plugin-quiet")).toBe("gmqtt-plugin-quiet");
});
