/** What clients see of subscriptions and retained messages is the same before and after any end of the broker (hard case 40). */

import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { sequence } from "./fixtures/sequence.ts";
import { durableStores } from "./stores.ts";

const RUNS = 25;
const STEPS = 40;
const CLIENTS = ["a", "ab", "a:b", "\u00e4"];
const FILTERS = ["x", "x/y", "x/+", "x/#", "#", "+/y", "$share/g/x/y"];
const TOPICS = ["x", "x/y", "x/y/z", "z/y"];

/** What there should be: subscriptions with their identifiers by client, and retained messages by topic. */
interface Model {
  readonly subscriptions: Map<string, Map<string, number>>;
  readonly retained: Map<string, string>;
}

const session = (clientId: string) =>
  ({ clientId, cleanStart: false, properties: { sessionExpiryInterval: 3_600 } }) as const;

describe.each(durableStores)("with the $name store", ({ start }) => {
  it(`${RUNS} random histories of ${STEPS} requests are remembered [hard case 40] [hard case 32] [hard case 30]`, async () => {
    for (let run = 1; run <= RUNS; run++) {
      const broker = await start();
      const random = sequence(run);
      const model: Model = { subscriptions: new Map(), retained: new Map() };
      for (let step = 0; step < STEPS; step++) await request(broker, model, random);
      await broker.idle();
      if (random(2) === 0) await broker.crash();
      else await broker.restart();
      await compare(broker, model, `history ${run}`);
      await broker.stop();
    }
  }, 60_000);
});

async function request(broker: TestBroker, model: Model, random: (below: number) => number): Promise<void> {
  const clientId = CLIENTS[random(CLIENTS.length)]!;
  const filter = FILTERS[random(FILTERS.length)]!;
  const topic = TOPICS[random(TOPICS.length)]!;
  const what = random(10);
  const cleanStart = what === 0;
  const client = await broker.connect({ ...session(clientId), cleanStart });
  if (cleanStart) model.subscriptions.delete(clientId);
  const mine = model.subscriptions.get(clientId) ?? new Map<string, number>();
  expect(client.connack?.sessionPresent).toBe(!cleanStart && model.subscriptions.has(clientId));
  model.subscriptions.set(clientId, mine);
  if (what < 5) {
    const identifier = 1 + random(1_000);
    await client.subscribe({ filter, qos: 1 }, { subscriptionIdentifier: identifier });
    mine.set(filter, identifier);
  } else if (what < 7) {
    await client.unsubscribe(filter);
    mine.delete(filter);
  } else {
    const payload = random(4) === 0 ? "" : `${topic} ${random(1_000)}`;
    await client.publish(topic, payload, { qos: 1, retain: true });
    if (payload === "") model.retained.delete(topic);
    else model.retained.set(topic, payload);
  }
  await client.disconnect();
}

async function compare(broker: TestBroker, model: Model, history: string): Promise<void> {
  const reader = await broker.connect();
  await reader.subscribe("#");
  await broker.idle();
  expect(messages(reader.takeAll()), history).toEqual(
    [...model.retained].map(([topic, text]) => `${topic}: ${text}`).sort(),
  );
  await reader.disconnect();
  const members = [...model.subscriptions].filter(([, filters]) => filters.has("$share/g/x/y"));
  const clients = [];
  for (const [clientId, filters] of model.subscriptions)
    clients.push({ client: await broker.connect(session(clientId)), clientId, filters });
  // What waited in the queues does not matter here.
  await broker.idle();
  for (const { client } of clients) {
    expect(client.connack?.sessionPresent, history).toBe(true);
    client.takeAll();
  }
  const publisher = await broker.connect();
  for (const topic of TOPICS) {
    await publisher.publish(topic, "now", { qos: 1 });
    await broker.idle();
    let shared = 0;
    for (const { client, clientId, filters } of clients) {
      const identifiers = client
        .takeAll()
        .flatMap((packet) => (packet.type === 3 ? (packet.properties?.subscriptionIdentifiers ?? []) : []));
      const expected = [...filters]
        .filter(([filter]) => !filter.startsWith("$share/") && matches(filter, topic))
        .map(([, identifier]) => identifier);
      const ofGroup = filters.get("$share/g/x/y");
      const rest = without(identifiers, expected);
      expect(rest, `${history}, ${topic} to ${clientId}`).toSatisfy(
        (more: number[]) => more.length === 0 || (more.length === 1 && more[0] === ofGroup),
      );
      shared += rest.length;
    }
    expect(shared, `${history}, ${topic} to the group`).toBe(topic === "x/y" && members.length > 0 ? 1 : 0);
  }
}

function messages(packets: ReturnType<Awaited<ReturnType<TestBroker["connect"]>>["takeAll"]>): string[] {
  return packets.flatMap((packet) => (packet.type === 3 ? [`${packet.topic}: ${packet.text}`] : [])).sort();
}

/** What is left of a list when each of the expected ones was taken out once; fails when one is not there. */
function without(list: readonly number[], expected: readonly number[]): number[] {
  const left = [...list];
  for (const one of expected) {
    expect(left).toContain(one);
    left.splice(left.indexOf(one), 1);
  }
  return left;
}

/** Section 4.7, for the few filters above. */
function matches(filter: string, topic: string): boolean {
  const pattern = filter.replace(/\/#$/, "(/.*)?").replace(/^#$/, ".*").replaceAll("+", "[^/]*");
  return new RegExp(`^${pattern}$`).test(topic);
}
