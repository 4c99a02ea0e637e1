/** 100,000 sessions and the messages of one pair of clients between them: pages are quick, and nobody waits for them. */

import type { Message, Persistence, RestoredSession, StoredMessage } from "@gmqtt/broker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { visitGently } from "./gently.ts";

const SESSIONS = 100_000;

let admin: AdminBroker;
beforeAll(async () => {
  admin = await startAdmin({
    section: { limits: { requests_per_second: 0 } },
    config: { sys: { interval: 0 } },
    persistence: { connect: () => fullStore() },
  });
});
afterAll(() => admin.stop());

/** Has the sessions, each with a subscription, and as many retained messages. */
function fullStore(): Persistence {
  return {
    durable: false,
    open: () => {},
    async *sessions() {
      yield Array.from({ length: SESSIONS }, (_, index) => restored(index));
    },
    async *retained() {
      yield Array.from({ length: SESSIONS }, (_, index) => retained(index));
    },
    deliveries: () => [],
    commit: () => {},
    close: () => {},
  };
}

function restored(index: number): RestoredSession {
  return {
    session: {
      clientId: `client-${index}`,
      username: undefined,
      protocolVersion: 5,
      expiryInterval: 0xffffffff,
      createdAt: 0,
      disconnectedAt: 0,
      will: undefined,
    },
    subscriptions: [
      {
        filter: `home/${index}/#`,
        qos: 1,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        subscriptionIdentifier: 0,
      },
    ],
    incomingPacketIds: [],
    deliveries: 0,
    lastSequence: 0,
  };
}

function retained(index: number): StoredMessage {
  const topic = `home/${index}/state`;
  return {
    topic,
    payload: Buffer.from("on"),
    qos: 0,
    retain: true,
    properties: undefined,
    publisher: "",
    receivedAt: 0,
  };
}

/** Milliseconds of processor time of the quickest of several runs: other processes take their time too. */
async function best(times: number, run: () => Promise<unknown>): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < times; index++) {
    const before = process.cpuUsage();
    await run();
    const { system, user } = process.cpuUsage(before);
    quickest = Math.min(quickest, (system + user) / 1000);
  }
  return quickest;
}

test("a page of clients takes less than 20 ms, the last one too", async () => {
  for (const [page, first] of [
    [1, "client-0"],
    [SESSIONS / 100, `client-${SESSIONS - 100}`],
  ]) {
    const path = `/v1/clients?page_size=100&page=${page}`;
    const { json } = await admin.rest(path);
    const { clients, total_count } = json as { clients: { client_id: string }[]; total_count: number };
    expect([clients.length, clients[0]?.client_id, total_count]).toEqual([100, first, SESSIONS]);
    expect(await best(10, () => admin.rest(path))).toBeLessThan(20);
    const { clientService } = admin.broker.server;
    expect(await best(10, async () => clientService.listSessions(SESSIONS - 100, 100))).toBeLessThan(5);
  }
});

test.each([
  "/v1/retained?filter=%2B/%2B/state",
  "/v1/topics?prefix=home&page_size=1",
  `/v1/subscriptions?page_size=1&page=${SESSIONS}`,
])("while %s walks over everything, the broker has its turns", async (path) => {
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns++;
    if (running) setImmediate(count);
  };
  count();
  const { json } = await admin.rest(path);
  running = false;
  expect((json as { total_count: number }).total_count).toBe(SESSIONS);
  expect(turns).toBeGreaterThan(3);
});

test("a walk gives way after a few milliseconds of work", async () => {
  const stretches: number[] = [];
  let since = performance.now();
  let last = since;
  let running = true;
  const tick = (): void => {
    stretches.push(last - since);
    since = performance.now();
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  await visitGently(admin.broker.server.retainedService.iterate(), (_message: Message) => {
    last = performance.now();
  });
  running = false;
  const longest = stretches.sort((one, other) => one - other)[Math.floor(stretches.length / 2)];
  expect(longest).toBeLessThan(20);
});
