/** What a scrape costs the event loop of a broker that serves many clients. */

import { createMemoryPair } from "@gmqtt/broker";
import { expect, it } from "vitest";
import { startObserved } from "./observed-broker.ts";

const CLIENTS = 10_000;
/** Milliseconds. */
const LIMIT = 10;

/** CONNECT of MQTT 3.1.1: clean session, no keep alive, this client identifier. */
function connectBytes(clientId: string): Buffer {
  const head = Buffer.from([0x10, 12 + clientId.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, clientId.length]);
  return Buffer.concat([head, Buffer.from(clientId)]);
}

it(`with ${CLIENTS} clients it costs less than ${LIMIT} ms`, async () => {
  const limits = { connectRate: 1_000_000 };
  const { broker, get } = await startObserved({ config: { listeners: [], sys: { interval: 0 }, limits } });
  for (let index = 0; index < CLIENTS; index++) {
    const [serverSide, clientSide] = createMemoryPair();
    broker.acceptTransport(serverSide);
    clientSide.start({ onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} });
    clientSide.write([connectBytes(`c${index}`)]);
    if (index % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => broker.clientService.clientCount).toBe(CLIENTS);
  const costs: number[] = [];
  for (let round = 0; round < 20; round++) {
    const before = process.cpuUsage();
    const text = await (await get("/metrics")).text();
    const { system, user } = process.cpuUsage(before);
    costs.push((system + user) / 1_000);
    expect(text).toContain(`gmqtt_sessions_active_current ${CLIENTS}\n`);
  }
  // Time of the processor, so that it says the same on a busy machine; the one who asks over HTTP is in it, too.
  expect(Math.min(...costs)).toBeLessThan(LIMIT);
});
