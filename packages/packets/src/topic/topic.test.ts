/** Topic names and filters: the tables of section 13 of the wire reference, and what random strings do. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasWildcard, isSharedFilter, isValidTopicFilter, parseTopicFilter } from "./filter.ts";
import { topicMatches } from "./match.ts";
import { countTopicLevels, isValidTopicName } from "./name.ts";

describe("matching", () => {
  test.each([
    ["#", ["a", "a/b", "/a", "/", "a/b/c/d"], ["$SYS/a", "$", "$SYS"]],
    ["+", ["a", "ab"], ["a/b", "/a", "$a", "/"]],
    ["+/+", ["a/b", "/a", "a/", "/"], ["a", "a/b/c", "$a/b"]],
    ["/+", ["/a", "/", "/$a"], ["a", "/a/b", "//"]],
    ["sport/#", ["sport", "sport/", "sport/a/b"], ["sports", "spor", "sport2/a", "Sport"]],
    ["sport/+", ["sport/", "sport/a"], ["sport", "sport/a/b"]],
    ["+/a/#", ["b/a", "b/a/c", "/a", "b/a/"], ["$b/a", "b", "b/b", "a"]],
    ["$SYS/#", ["$SYS", "$SYS/x", "$SYS/x/y"], ["sys/x", "$SYSx", "SYS"]],
    ["$SYS/+", ["$SYS/x"], ["$SYS", "$SYS/x/y"]],
    ["a//b", ["a//b"], ["a/b", "a///b", "a/x/b"]],
    ["a/+/b", ["a/x/b", "a//b"], ["a/b", "a/x/y/b", "a/x/bb"]],
    ["a/+", ["a/$b"], ["a"]],
    ["/#", ["/", "/a", "/a/b", "/$SYS"], ["a", "a/"]],
    ["+/#", ["a", "a/b", "/", "/b"], ["$a", "$a/b"]],
    ["/", ["/"], ["", "//", "a", "a/"]],
    ["a", ["a"], ["A", "aa", "a/", "/a", "b"]],
    ["a b/ü", ["a b/ü"], ["a b/u", "ab/ü"]],
  ])("the filter %s matches exactly what it should [MQTT-4.7.1-1] [MQTT-4.7.2-1]", (filter, yes, no) => {
    for (const topic of yes) expect(topicMatches(filter, topic), topic).toBe(true);
    for (const topic of no) expect(topicMatches(filter, topic), topic).toBe(false);
  });

  test("agrees with matching level by level", () => {
    const levels = fc.array(fc.constantFrom("a", "b", "", "$x", "ab"), { minLength: 1, maxLength: 5 });
    const filters = fc
      .tuple(fc.array(fc.constantFrom("a", "b", "", "+", "$x", "ab"), { minLength: 1, maxLength: 5 }), fc.boolean())
      .map(([parts, multi]) => (multi ? [...parts, "#"] : parts));
    fc.assert(
      fc.property(filters, levels, (filter, topic) => {
        fc.pre(topic.join("/") !== "" && filter.join("/") !== "");
        expect(topicMatches(filter.join("/"), topic.join("/"))).toBe(matchesByLevels(filter, topic));
      }),
      { numRuns: 5000, seed: 47 },
    );
  });

  function matchesByLevels(filter: readonly string[], topic: readonly string[]): boolean {
    if (topic[0]?.startsWith("$") && (filter[0] === "+" || filter[0] === "#")) return false;
    for (const [index, level] of filter.entries()) {
      if (level === "#") return true;
      const actual = topic[index];
      if (actual === undefined || (level !== "+" && level !== actual)) return false;
    }
    return filter.length === topic.length;
  }
});

describe("filters", () => {
  test.each([
    "a#",
    "a/#/b",
    "#/a",
    "a+",
    "+a",
    "a/b+",
    "++",
    "",
    "##",
    "a/+b/c",
    "+#",
    "#+",
    "a/#/",
    "a\u0000b",
    "\u0000",
  ])("%j is invalid [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2]", (filter) => {
    expect(isValidTopicFilter(filter)).toBe(false);
    expect(parseTopicFilter(filter)).toBeUndefined();
  });

  test.each([
    ["a", false],
    ["#", true],
    ["+", true],
    ["/", false],
    ["//", false],
    ["+/+/#", true],
    ["/+", true],
    ["a/+/b", true],
    ["a b/ü", false],
    ["$SYS/#", true],
    ["$share", false],
    ["$shared/a/b", false],
    ["$SHARE/g", false],
  ])("%j is valid and not shared; wildcard: %j", (filter, wildcard) => {
    expect(parseTopicFilter(filter)).toEqual({ filter, shareName: undefined, hasWildcard: wildcard });
    expect(isSharedFilter(filter)).toBe(false);
  });

  test.each([
    ["$share/g/a", "g", "a"],
    ["$share/g//x", "g", "/x"],
    ["$share/g/#", "g", "#"],
    ["$share/g//", "g", "/"],
    ["$share/a b/+/c", "a b", "+/c"],
    ["$share/$share/$share/g/x", "$share", "$share/g/x"],
  ])("%j is shared by %j and matches with %j [MQTT-4.8.2-1]", (whole, shareName, filter) => {
    expect(parseTopicFilter(whole)).toEqual({ filter, shareName, hasWildcard: hasWildcard(filter) });
    expect(isValidTopicFilter(whole)).toBe(true);
    expect(isSharedFilter(whole)).toBe(true);
  });

  test.each([
    "$share/",
    "$share//",
    "$share//a",
    "$share/g",
    "$share/g/",
    "$share/g+/a",
    "$share/+/a",
    "$share/#/a",
    "$share/g/a#",
    "$share/g\u0000/a",
  ])("%j is a malformed shared subscription [MQTT-4.8.2-1] [MQTT-4.8.2-2]", (filter) => {
    expect(parseTopicFilter(filter)).toBeUndefined();
  });

  test("are at most 65,535 bytes long [MQTT-4.7.3-3]", () => {
    expect(isValidTopicFilter("a".repeat(65_535))).toBe(true);
    expect(isValidTopicFilter("a".repeat(65_536))).toBe(false);
    expect(isValidTopicFilter("ü".repeat(32_767))).toBe(true);
    expect(isValidTopicFilter("ü".repeat(32_768))).toBe(false);
  });

  test("a valid name is a valid filter without wildcards, unless it is shared", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (topic) => {
        fc.pre(!topic.startsWith("$share/"));
        expect(isValidTopicName(topic)).toBe(isValidTopicFilter(topic) && !hasWildcard(topic));
      }),
      { numRuns: 2000, seed: 473 },
    );
  });
});

describe("names", () => {
  test.each(["a", "/", "a//b", " ", "$SYS/x", "ü/\u{1f600}", "\ufeff"])("%j is valid", (topic) => {
    expect(isValidTopicName(topic)).toBe(true);
  });

  test.each(["", "+", "#", "a/+", "a/#", "a#", "a+b", "a\u0000"])("%j is invalid [MQTT-3.3.2-2]", (topic) => {
    expect(isValidTopicName(topic)).toBe(false);
  });

  test("are at most 65,535 bytes long [MQTT-4.7.3-3]", () => {
    expect(isValidTopicName("a".repeat(65_535))).toBe(true);
    expect(isValidTopicName("a".repeat(65_536))).toBe(false);
    expect(isValidTopicName("€".repeat(21_845))).toBe(true);
    expect(isValidTopicName("€".repeat(21_846))).toBe(false);
  });

  test.each([
    ["a", 1],
    ["/", 2],
    ["a/b", 2],
    ["/a/", 3],
    ["", 1],
    ["a//b/#", 4],
  ])("%j has %i levels", (topic, levels) => {
    expect(countTopicLevels(topic)).toBe(levels);
  });
});
