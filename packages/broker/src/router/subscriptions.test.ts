import { describe, expect, test } from "vitest";
import { HeldStore, TestServices } from "../../test/session-fixtures.ts";
import { RecordingSubscriber, subscription } from "../../test/subscribers.ts";
import { Router } from "./router.ts";
import type { Subscription } from "./subscription.ts";
import { type SubscriptionOwner, SubscriptionTable } from "./subscriptions.ts";

class Owner implements SubscriptionOwner {
  readonly clientId: string;
  readonly outgoing: RecordingSubscriber;
  readonly subscriptions: Map<string, Subscription> = new Map();
  subscriptionsTotal = 0;
  persistent = true;

  constructor(clientId: string) {
    this.clientId = clientId;
    this.outgoing = new RecordingSubscriber(clientId);
  }
}

function tableWith() {
  const services = new TestServices({}, new HeldStore());
  const router = new Router(() => false);
  const table = new SubscriptionTable(router, services.journal, services.population);
  const owner = new Owner("c");
  const subscribe = (filter: string, qos: 0 | 1 | 2 = 0) =>
    table.subscribe(owner, subscription(owner.outgoing, filter, { qos }).toStored());
  return { owner, population: services.population, router, services, subscribe, table };
}

describe("SubscriptionTable", () => {
  test("a subscription with the same filter replaces the one there was [MQTT-3.8.4-3]", () => {
    const { owner, population, router, services, subscribe } = tableWith();
    expect([subscribe("t", 0).existed, subscribe("t", 2).existed]).toEqual([false, true]);
    expect(router.matching("t").map(({ qos }) => qos)).toEqual([2]);
    expect([population.subscriptionsCurrent, population.subscriptionsTotal, owner.subscriptionsTotal]).toEqual([
      1, 1, 1,
    ]);
    expect(services.changes).toEqual(["subscription-put", "subscription-put"]);
  });

  test("filters are compared character by character when they are taken back [MQTT-3.10.4-1]", () => {
    const { owner, population, router, services, subscribe, table } = tableWith();
    subscribe("t/+");
    expect([table.unsubscribe(owner, "t/#"), table.unsubscribe(owner, "t/+")]).toEqual([false, true]);
    expect([router.matching("t/x"), owner.subscriptions.size, population.subscriptionsCurrent]).toEqual([[], 0, 0]);
    expect(services.changes).toEqual(["subscription-put", "subscription-delete"]);
  });

  test("the store does not hear of sessions that end with their connection", () => {
    const { owner, services, subscribe, table } = tableWith();
    owner.persistent = false;
    subscribe("t");
    table.unsubscribe(owner, "t");
    expect(services.changes).toEqual([]);
  });

  test("puts back what a store kept without telling it again, and drops all with the session", () => {
    const { owner, population, router, services, subscribe, table } = tableWith();
    table.restore(owner, subscription(owner.outgoing, "a").toStored());
    subscribe("$share/g/b");
    expect([population.subscriptionsCurrent, population.subscriptionsTotal]).toEqual([2, 1]);
    table.dropAll(owner);
    expect([...router.subscriptions()]).toEqual([]);
    expect([owner.subscriptions.size, population.subscriptionsCurrent, services.changes.length]).toEqual([0, 0, 1]);
  });
});

describe("Subscription", () => {
  test("knows its kind", () => {
    const owner = new Owner("c");
    const kinds = ["t", "$SYS/#", "$share/g/t", "$share/g/$SYS/t"].map(
      (filter) => subscription(owner.outgoing, filter).kind,
    );
    expect(kinds).toEqual(["non-shared", "system", "shared", "shared"]);
  });

  test("is not made of a filter that is none", () => {
    const owner = new Owner("c");
    expect(() => subscription(owner.outgoing, "a/#/b")).toThrow(new RangeError("invalid topic filter a/#/b"));
  });
});
