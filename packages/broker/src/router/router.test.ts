import { topicMatches } from "@gmqtt/packets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import {
  RecordingSubscriber,
  type SubscriptionOptions,
  subscription,
  topicFilter,
  topicName,
} from "../../test/subscribers.ts";
import { Receiver, Receivers } from "./route.ts";
import { Router } from "./router.ts";

function routerWith(options: { overlap?: boolean } = {}) {
  const mode = { overlap: options.overlap ?? false };
  const router = new Router(() => mode.overlap);
  const subscribers = new Map<string, RecordingSubscriber>();
  const client = (clientId: string): RecordingSubscriber => {
    const present = subscribers.get(clientId) ?? new RecordingSubscriber(clientId);
    subscribers.set(clientId, present);
    return present;
  };
  const add = (clientId: string, filter: string, init?: SubscriptionOptions) => {
    const made = subscription(client(clientId), filter, init);
    router.add(made);
    return made;
  };
  return { add, client, mode, router };
}

const random = fc.record({
  client: fc.constantFrom("a", "b", "c"),
  filter: topicFilter,
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  noLocal: fc.boolean(),
  retainAsPublished: fc.boolean(),
  subscriptionIdentifier: fc.nat(3),
});

describe("a route", () => {
  test("is one for all topics that a single filter matches, until something about the filter changes", () => {
    const { add, router } = routerWith();
    const first = add("a", "sport/#");
    const route = router.route("sport/tennis");
    expect([router.route("sport/golf"), router.route("music")]).toEqual([route, new Receivers([], [])]);
    expect(router.route("sport/golf")).toBe(route);
    const second = add("b", "sport/#", { qos: 1 });
    const reached = (): [clients: string[], groups: number] => {
      const found = router.route("sport/golf");
      const { all, groups } = found instanceof Receiver ? new Receivers([found], []) : found;
      return [all.map(({ subscriber }) => subscriber.clientId), groups.length];
    };
    expect(reached()).toEqual([["a", "b"], 0]);
    router.remove(first);
    expect(reached()).toEqual([["b"], 0]);
    add("c", "$share/g/sport/#");
    expect(reached()).toEqual([["b"], 1]);
    router.remove(second);
    expect(reached()).toEqual([[], 1]);
  });

  test.each([false, true])("of random subscriptions is what comparing them one by one gives, overlap %s", (overlap) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(random, { maxLength: 20, selector: ({ client, filter }) => `${client} ${filter}` }),
        topicName,
        fc.boolean(),
        (subscriptions, topic, retain) => {
          const { add, client, router } = routerWith({ overlap });
          for (const one of subscriptions) add(one.client, one.filter, one);
          const reached = router.publish(messageOn(topic, { retain, publisher: "a" }));
          const expected = new Map<string, string[]>();
          for (const clientId of ["a", "b", "c"]) {
            // "a" publishes: No Local subscriptions of its own don't count [MQTT-3.8.3-3].
            const counting = subscriptions.filter(
              (one) => one.client === clientId && topicMatches(one.filter, topic) && !(one.noLocal && clientId === "a"),
            );
            const copies = overlap ? counting.map((one) => [one]) : counting.length === 0 ? [] : [counting];
            expected.set(clientId, copies.map((copy) => described(topic, retain, copy)).sort());
          }
          for (const [clientId, lines] of expected)
            expect(client(clientId).delivered.map(normal).sort()).toEqual(lines);
          expect(reached).toBe([...expected.values()].flat().length);
          // From the cache it is the same once more.
          expect(router.publish(messageOn(topic, { retain, publisher: "a" }))).toBe(reached);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("carries the highest QoS and all identifiers of its subscriptions [MQTT-3.3.4-2] [MQTT-3.3.4-4]", () => {
    const { add, client, router } = routerWith();
    add("a", "t/#", { qos: 2, subscriptionIdentifier: 5 });
    add("a", "t/x", { qos: 1, subscriptionIdentifier: 6, retainAsPublished: true });
    add("a", "+/x");
    expect(router.publish(messageOn("t/x", { retain: true }))).toBe(1);
    expect(client("a").delivered.map(normal)).toEqual(["t/x qos2 retain [5,6]"]);
  });

  test("is found anew when subscriptions of its topic come or go, with wildcards or without", () => {
    const { add, client, router } = routerWith();
    const message = messageOn("t/x");
    expect([router.publish(message), router.knows("t/x")]).toEqual([0, true]);
    const exact = add("a", "t/x");
    expect([router.knows("t/x"), router.publish(message)]).toEqual([false, 1]);
    const wild = add("b", "t/+");
    expect(router.publish(message)).toBe(2);
    router.remove(exact);
    expect(router.publish(message)).toBe(1);
    router.remove(wild);
    expect(router.publish(message)).toBe(0);
    expect([client("a").delivered.length, client("b").delivered.length]).toEqual([2, 2]);
  });

  test("follows a new delivery mode once routes are forgotten", () => {
    const { add, mode, router } = routerWith();
    add("a", "t");
    add("a", "#");
    expect(router.publish(messageOn("t"))).toBe(1);
    mode.overlap = true;
    router.forgetRoutes();
    expect(router.publish(messageOn("t"))).toBe(2);
  });

  test("may be narrowed for one message to kinds of subscriptions", () => {
    const { add, client, router } = routerWith();
    add("a", "$x/t");
    add("b", "$share/g/$x/t");
    add("c", "t");
    add("d", "$share/g/t");
    const all = { system: true, shared: true, nonShared: true };
    router.publish(messageOn("$x/t"), { ...all, system: false });
    router.publish(messageOn("t"), { ...all, nonShared: false });
    expect(["a", "b", "c", "d"].map((clientId) => client(clientId).delivered.length)).toEqual([0, 1, 0, 1]);
    router.publish(messageOn("$x/t"), { ...all, shared: false });
    router.publish(messageOn("t"), { ...all, shared: false });
    expect(["a", "b", "c", "d"].map((clientId) => client(clientId).delivered.length)).toEqual([1, 1, 1, 1]);
  });
});

describe("delivery filters", () => {
  test("lower the QoS or withhold, and all of several have to agree", () => {
    const { add, client, router } = routerWith();
    for (const clientId of ["a", "b", "c"]) add(clientId, "t", { qos: 2 });
    const lower = (clientId: string) => (clientId === "b" ? 0 : 1);
    const withhold = (clientId: string) => (clientId === "c" ? undefined : 2);
    router.addFilter(lower);
    router.addFilter(withhold);
    expect(router.publish(messageOn("t"))).toBe(2);
    expect(["a", "b", "c"].map((clientId) => client(clientId).delivered.map(normal))).toEqual([
      ["t qos1"],
      ["t qos0"],
      [],
    ]);
    router.removeFilter(withhold);
    expect(router.publish(messageOn("t"))).toBe(3);
    router.removeFilter(lower);
    expect(router.filter).toBeNull();
  });

  test("are asked for members of shared subscriptions per message", () => {
    const { add, client, router } = routerWith();
    add("a", "$share/g/t", { qos: 2 });
    add("b", "$share/g/t", { qos: 2 });
    router.addFilter((clientId) => (clientId === "a" ? undefined : 1));
    for (const _ of [1, 2, 3]) expect(router.publish(messageOn("t"))).toBe(1);
    expect([client("a").delivered.length, client("b").delivered.length]).toEqual([0, 3]);
    router.addFilter(() => undefined);
    expect(router.publish(messageOn("t"))).toBe(0);
  });
});

describe("the router", () => {
  test("knows its subscriptions, those that match a topic, and groups", () => {
    const { add, router } = routerWith();
    const plain = add("a", "t/1");
    const wild = add("b", "t/+");
    const shared = add("c", "$share/g/t/#");
    const other = add("c", "u");
    expect(new Set(router.subscriptions())).toEqual(new Set([plain, wild, shared, other]));
    expect(new Set(router.matching("t/1"))).toEqual(new Set([plain, wild, shared]));
    expect([router.groupOf(shared)?.filter, router.groupOf(plain)]).toEqual(["$share/g/t/#", undefined]);
    expect(router.sharedSubscriptions).toBe(1);
    router.remove(shared);
    expect([router.sharedSubscriptions, router.groupOf(shared)]).toEqual([0, undefined]);
  });

  test("No Local keeps only the publisher's own messages from him [MQTT-3.8.3-3]", () => {
    const { add, client, router } = routerWith();
    add("publisher", "t/1", { noLocal: true, qos: 2 });
    add("publisher", "t/+", { qos: 1, retainAsPublished: true });
    add("publisher", "u", { noLocal: true });
    add("other", "u", { noLocal: true });
    expect(router.publish(messageOn("t/1", { retain: true }))).toBe(1);
    expect(client("publisher").delivered.map(normal)).toEqual(["t/1 qos1 retain"]);
    expect(router.publish(messageOn("u"))).toBe(1);
    expect(client("other").delivered).toHaveLength(1);
  });
});

/** One copy as a subscriber notes it, identifiers in rising order. */
function described(topic: string, retain: boolean, copy: readonly Required<SubscriptionOptions>[]): string {
  const qos = Math.max(...copy.map((one) => one.qos));
  const kept = retain && copy.some((one) => one.retainAsPublished);
  const ids = copy.map((one) => one.subscriptionIdentifier).filter((id) => id !== 0);
  return normal(`${topic} qos${qos}${kept ? " retain" : ""}${ids.length === 0 ? "" : ` [${ids.join()}]`}`);
}

/** Identifiers have no order. */
function normal(line: string): string {
  return line.replace(/\[([\d,]+)\]/, (_, ids: string) => `[${ids.split(",").sort().join()}]`);
}
