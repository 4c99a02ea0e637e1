import { topicMatches } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { filterAt, topicAt } from "./subscriptions.ts";

describe("the filters of many subscriptions", () => {
  it("match the topic of their own number and no other", () => {
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    for (const one of numbers) {
      const matching = numbers.filter((other) => topicMatches(filterAt(one), topicAt(other)));
      expect(matching, filterAt(one)).toEqual([one]);
    }
  });

  it("hold wildcards in three of ten", () => {
    const filters = Array.from({ length: 100 }, (_, index) => filterAt(index));
    expect(filters.filter((filter) => /[+#]/.test(filter))).toHaveLength(30);
  });
});
