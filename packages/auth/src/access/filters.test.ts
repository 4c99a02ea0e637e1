import { topicMatches } from "@gmqtt/broker";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { covers, overlaps, withoutShare } from "./filters.ts";

test.each([
  ["a/b", "a/b", true, true],
  ["a/+", "a/b", true, true],
  ["a/b", "a/+", false, true],
  ["a/#", "a", true, true],
  ["a/#", "a/b/+/c/#", true, true],
  ["a", "a/#", false, true],
  ["#", "a/b", true, true],
  ["a/+/c", "a/b/+", false, true],
  ["a/+/c", "a/b/d", false, false],
  ["a/b", "a/b/c", false, false],
  ["a/+", "a/+/#", false, true],
  ["a/+/#", "a/+", true, true],
  ["#", "$SYS/#", false, false],
  ["+/x", "$SYS/x", false, false],
  ["$SYS/#", "#", false, false],
  ["$SYS/#", "$SYS/+/x", true, true],
  ["", "/", false, false],
  ["+/+", "/", true, true],
])("%s and %s: covers %s, overlaps %s", (one, other, covering, overlapping) => {
  expect(covers(one, other)).toBe(covering);
  expect(overlaps(one, other)).toBe(overlapping);
  expect(overlaps(other, one)).toBe(overlapping);
});

describe("held against every topic of three levels over a small alphabet", () => {
  const names = ["", "a", "b", "$a"];
  const topics = names.flatMap((one) => [
    one,
    ...names.flatMap((two) => [`${one}/${two}`, ...names.map((three) => `${one}/${two}/${three}`)]),
  ]);
  const level = fc.constantFrom("", "a", "b", "$a", "+");
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 2 }), fc.constantFrom("", "/#", "/a"))
    .map(([levels, end]) => levels.join("/") + end)
    .filter((text) => text !== "");

  test("what covers matches whatever the other matches; what does not overlap has no topic in common", () => {
    fc.assert(
      fc.property(filter, filter, (one, other) => {
        const mine = topics.filter((topic) => topicMatches(one, topic));
        const others = topics.filter((topic) => topicMatches(other, topic));
        if (covers(one, other)) expect(others.filter((topic) => !mine.includes(topic))).toEqual([]);
        expect(overlaps(one, other)).toBe(mine.some((topic) => others.includes(topic)));
      }),
      { numRuns: 1000 },
    );
  });
});

test("a shared subscription is judged by what it matches", () => {
  expect(withoutShare("$share/group/a/#")).toBe("a/#");
  expect(withoutShare("$share/group")).toBe("$share/group");
  expect(withoutShare("a/$share/b")).toBe("a/$share/b");
});
