import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Decoder, encode, type ProtocolVersion, type QoS } from "@gmqtt/packets";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Broker, createBroker } from "../src/index.ts";

/**
 * Large reads lie in memory that is used again once it has been written. Were it ever used too early, a message would
 * arrive with the bytes of another: so every payload says who it is and carries its own hash.
 */
const PUBLISHERS = 4;
const MESSAGES = 120;
const SIZES = [900, 3000, 16_384, 16_384, 30_000, 70_000, 200_000, 600_000];
/** So many are sent in one piece, so that what is read at a time holds several. */
const TOGETHER = 20;

/** Who publish in which version; those of a version have subscribers of that alone. */
const groups = [
  ["3.1.1", 4],
  ["5", 5],
  ["both", 4],
] as const;
type Group = (typeof groups)[number][0];

let broker: Broker;
const open: Socket[] = [];

beforeEach(async () => {
  broker = createBroker({
    config: {
      listeners: [{ address: "127.0.0.1:0" }],
      mqtt: { maxQueuedMessages: 100_000 },
      limits: { maxQueuedBytes: 1_000_000_000, maxUnsentBytes: 400_000_000, maxUnsentBytesHard: 800_000_000 },
      log: { level: "error" },
    },
  });
  await broker.start();
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await broker.stop();
});

function payloadOf(publisher: number, count: number): Buffer {
  const size = SIZES[(publisher + count) % SIZES.length] as number;
  const body = Buffer.alloc(size - 32, `${publisher}/${count} `);
  return Buffer.concat([createHash("sha256").update(body).digest(), body]);
}

/** What a payload says it is: "publisher/count", or that it is broken. */
function nameOf(payload: Uint8Array): string {
  const body = payload.subarray(32);
  const whole = createHash("sha256").update(body).digest().equals(payload.subarray(0, 32));
  const text = Buffer.from(body.buffer, body.byteOffset, 20).toString("latin1");
  return whole ? text.slice(0, text.indexOf(" ")) : `broken: ${text}`;
}

async function client(clientId: string, version: ProtocolVersion): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: broker.listeners[0]?.port as number });
  open.push(socket);
  const connack = once(socket, "data");
  socket.write(encode({ type: 1, protocolVersion: version, cleanStart: true, keepAlive: 0, clientId }, version));
  await connack;
  return socket;
}

/** Subscribes to a group and collects the names of what arrives, by publisher; acknowledges QoS 1. */
async function subscriber(clientId: string, version: ProtocolVersion, group: Group, qos: QoS) {
  const socket = await client(clientId, version);
  const decoder = new Decoder({ from: "server", version });
  const arrived = new Map<string, string[]>();
  const suback = once(socket, "data");
  const filter = `${group}/+`;
  const request = { filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  socket.write(encode({ type: 8, packetId: 1, subscriptions: [request] }, version));
  await suback;
  socket.on("data", (chunk) => {
    decoder.push(chunk);
    for (let packet = decoder.next(); packet !== null; packet = decoder.next()) {
      if (packet.type !== 3) continue;
      const { packetId, payload, qos: sent, topic } = packet;
      arrived.set(topic, [...(arrived.get(topic) ?? []), nameOf(payload)]);
      if (sent === 1) socket.write(encode({ type: 4, packetId, reasonCode: 0 }, version));
    }
  });
  return { arrived, group, socket };
}

/** Its messages, in pieces of several, so that what the broker reads at a time holds several. */
async function publishAll(socket: Socket, version: ProtocolVersion, topic: string, publisher: number): Promise<void> {
  socket.resume();
  for (let first = 0; first < MESSAGES; first += TOGETHER) {
    const packets = Array.from({ length: TOGETHER }, (_, next) => {
      const count = first + next;
      // The last publisher of each group mixes both kinds.
      const qos = publisher === PUBLISHERS - 1 && count % 10 === 9 ? 1 : 0;
      const packetId = qos === 0 ? 0 : count + 1;
      const payload = payloadOf(publisher, count);
      return encode({ type: 3, dup: false, qos, retain: false, topic, packetId, payload }, version);
    });
    if (!socket.write(Buffer.concat(packets))) await once(socket, "drain");
  }
}

test("large messages of many arrive whole and in order, also where a subscriber is slow or leaves", async () => {
  const subscribers = [
    await subscriber("fast-311", 4, "3.1.1", 0),
    await subscriber("slow-311", 4, "3.1.1", 1),
    await subscriber("fast-5", 5, "5", 0),
    await subscriber("slow-5", 5, "5", 1),
    await subscriber("fast-both", 4, "both", 0),
    await subscriber("slow-both", 5, "both", 1),
  ];
  const leaving = [await subscriber("leaving-311", 4, "3.1.1", 0), await subscriber("leaving-5", 5, "5", 1)];
  const slow = [1, 3, 5].map((index) => subscribers[index]?.socket as Socket);
  for (const socket of [...slow, ...leaving.map(({ socket }) => socket)]) socket.pause();
  const sending = groups.flatMap(([group, version]) =>
    Array.from({ length: PUBLISHERS }, async (_, index) =>
      publishAll(await client(`${group}-${index}`, version), version, `${group}/${index}`, index),
    ),
  );
  await Promise.race(sending);
  for (const { socket } of leaving) socket.destroy();
  await Promise.all(sending);
  for (const socket of slow) socket.resume();

  const expected = (group: Group): Map<string, string[]> =>
    new Map(
      Array.from({ length: PUBLISHERS }, (_, publisher) => [
        `${group}/${publisher}`,
        Array.from({ length: MESSAGES }, (_, count) => `${publisher}/${count}`),
      ]),
    );
  const counts = () => subscribers.map(({ arrived }) => [...arrived.values()].flat().length);
  await expect.poll(counts, { timeout: 20_000 }).toEqual(subscribers.map(() => PUBLISHERS * MESSAGES));
  for (const { arrived, group } of subscribers) expect(arrived).toEqual(expected(group));
});
