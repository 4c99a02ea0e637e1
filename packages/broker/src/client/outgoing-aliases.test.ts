import fc from "fast-check";
import { expect, test } from "vitest";
import { OutgoingAliases } from "./outgoing-aliases.ts";

test("a new topic gets a new alias, a known one its own, and when all are taken the oldest gives way", () => {
  const aliases = new OutgoingAliases(2);
  const used = ["a", "b", "a", "c", "b", "a"].map((topic) => aliases.use(topic));
  expect(used).toEqual([
    { alias: 1, known: false },
    { alias: 2, known: false },
    { alias: 1, known: true },
    { alias: 1, known: false },
    { alias: 2, known: true },
    { alias: 2, known: false },
  ]);
});

test("a client that remembers what it was told always knows the topic; no alias exceeds its maximum [MQTT-3.1.2-26]", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.constantFrom(..."abcdefg")), (maximum, topics) => {
      const aliases = new OutgoingAliases(maximum);
      const client = new Map<number, string>();
      for (const topic of topics) {
        const { alias, known } = aliases.use(topic);
        expect(alias >= 1 && alias <= maximum).toBe(true);
        if (known) expect(client.get(alias)).toBe(topic);
        else client.set(alias, topic);
      }
    }),
  );
});
