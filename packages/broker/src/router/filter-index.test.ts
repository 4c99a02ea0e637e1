import { topicMatches } from "@gmqtt/packets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordingSubscriber, subscription, topicFilter, topicName } from "../../test/subscribers.ts";
import { type FilterEntry, FilterIndex } from "./filter-index.ts";
import type { Subscription } from "./subscription.ts";

const somebody = new RecordingSubscriber("c");

function notShared(entry: FilterEntry): Subscription[] {
  const found: Subscription[] = [];
  entry.appendTo(found);
  return found;
}

function matches(index: FilterIndex, topic: string): Subscription[] {
  const entries: FilterEntry[] = [];
  index.match(topic, entries);
  return entries.flatMap((entry) => [
    ...notShared(entry),
    ...[...(entry.groups?.values() ?? [])].flatMap((group) => group.members()),
  ]);
}

const filters = (subscriptions: readonly Subscription[]): string[] => subscriptions.map(({ filter }) => filter).sort();

/** Filters come, some go again; `true` where the one at that place stays. */
const history = fc.array(
  fc.tuple(
    fc.oneof(
      topicFilter,
      topicFilter.map((filter) => `$share/g/${filter}`),
    ),
    fc.boolean(),
  ),
  { maxLength: 25 },
);

describe("FilterIndex", () => {
  test("finds what comparing every filter finds, after any coming and going [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.2-1]", () => {
    fc.assert(
      fc.property(history, fc.array(topicName, { minLength: 1, maxLength: 8 }), (comings, topics) => {
        const index = new FilterIndex();
        const all = comings.map(([filter, stays]) => ({ made: subscription(somebody, filter), stays }));
        for (const { made } of all) index.add(made);
        for (const { made, stays } of all) if (!stays) index.remove(made);
        const staying = all.filter(({ stays }) => stays).map(({ made }) => made);
        for (const topic of topics) {
          const expected = staying.filter((one) => topicMatches(one.topicFilter, topic));
          expect(filters(matches(index, topic))).toEqual(filters(expected));
        }
        const listed = [...index.entries()].flatMap((entry) => [
          ...notShared(entry),
          ...[...(entry.groups?.values() ?? [])].flatMap((group) => group.members()),
        ]);
        expect(filters(listed)).toEqual(filters(staying));
      }),
      { numRuns: 300 },
    );
  });

  test("nothing is left of filters that are gone", () => {
    fc.assert(
      fc.property(history, (comings) => {
        const index = new FilterIndex();
        const all = comings.map(([filter]) => subscription(somebody, filter));
        for (const made of all) index.add(made);
        for (const made of all) index.remove(made);
        expect([...index.entries()]).toEqual([]);
        for (const made of all) {
          const { hasWildcard, shareName = "", topicFilter: filter } = made;
          expect(index.group(filter, shareName, hasWildcard)).toBeUndefined();
        }
      }),
    );
  });

  test("says whether routes have to be found anew: not for one more or less in a group that is there", () => {
    const index = new FilterIndex();
    const members = [1, 2].map(() => subscription(somebody, "$share/g/a/+"));
    const alone = subscription(somebody, "a/b");
    expect(members.map((member) => index.add(member))).toEqual([true, false]);
    expect(index.add(alone)).toBe(true);
    expect(members.map((member) => index.remove(member))).toEqual([false, true]);
    expect(index.remove(alone)).toBe(true);
  });

  test("what is not in is not removed, and changes nothing", () => {
    const index = new FilterIndex();
    const present = subscription(somebody, "a/+");
    index.add(present);
    for (const filter of ["a/+", "a/b", "+/+/+", "a/#", "$share/g/a/+", "$share/g/a/b"]) {
      expect(index.remove(subscription(somebody, filter))).toBe(false);
    }
    expect(matches(index, "a/x")).toEqual([present]);
  });

  test("keeps the groups of one filter apart by their names", () => {
    const index = new FilterIndex();
    const one = subscription(somebody, "$share/one/t");
    const two = subscription(somebody, "$share/two/t");
    index.add(one);
    index.add(two);
    expect([index.group("t", "one", false)?.members(), index.group("t", "two", false)?.members()]).toEqual([
      [one],
      [two],
    ]);
    index.remove(one);
    expect([index.group("t", "one", false), matches(index, "t")]).toEqual([undefined, [two]]);
  });

  test.each(["012", "021", "102", "120", "201", "210"])(
    "of three subscriptions to a filter go %s, the others stay",
    (order) => {
      const index = new FilterIndex();
      const all = [1, 2, 3].map(() => subscription(somebody, "t"));
      for (const one of all) index.add(one);
      const staying = new Set(all);
      for (const place of order) {
        const goes = all[Number(place)] as Subscription;
        expect([index.remove(goes), index.remove(goes)]).toEqual([true, false]);
        staying.delete(goes);
        expect(new Set(matches(index, "t"))).toEqual(staying);
      }
      expect([...index.entries()]).toEqual([]);
    },
  );
});
