/**
 * One subscriber of a hundred stops reading: the other 99 keep their rate, and the broker's memory stays bounded, at QoS 0
 * and 1. Phases in which all read and in which one is frozen take turns on one broker; the best of each kind counts, since
 * whoever else uses the machine can only slow a phase down.
 * `node scripts/checks/frozen-subscriber.mjs [seconds per phase]`
 */
import { dial, moveAway, startBroker } from "./lib/broker.mjs";
import { connectPacket, publishPacket, Reader, subscribePacket } from "./lib/packets.mjs";

const seconds = Number(process.argv[2] ?? 3);
const healthy = 99;
const rounds = 5;
/** Messages on their way that not every healthy subscriber has. */
const window = 200;
const payload = Buffer.alloc(1024, "x");
const topic = "check/all";
/** The rate with a frozen subscriber, as a part of that without. */
const lowestRate = 0.9;
/** What the broker may grow beyond its peak with a hundred who read, bytes. */
const growth = 32 * 1024 * 1024;

moveAway();
let failed = false;
for (const qos of [0, 1]) {
  const broker = await startBroker("sys: { interval: 0 }\n");
  const phases = { reading: [], frozen: [] };
  try {
    await measure(broker, qos, false); // compiled and warm
    for (let round = 0; round < rounds; round++) {
      phases.reading.push(await measure(broker, qos, false));
      phases.frozen.push(await measure(broker, qos, true));
    }
  } finally {
    await broker.stop();
  }
  report(qos, phases);
}
process.exitCode = failed ? 1 : 0;

/** One phase with fresh connections: messages per second to each healthy subscriber, and the broker's peak memory. */
async function measure(broker, qos, freeze) {
  const counts = new Array(healthy).fill(0);
  const sockets = await Promise.all(
    counts.map((_count, index) => subscriber(broker, `reader-${index}`, qos, () => counts[index]++)),
  );
  const last = await subscriber(broker, "last", qos, () => {});
  if (freeze) last.pause();
  const publisher = await dial(broker.port);
  publisher.write(connectPacket("publisher"));
  publisher.on("data", () => {}); // CONNACK and PUBACKs
  let sent = 0;
  let packetId = 0;
  let running = true;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, broker.rss());
  }, 100);
  const began = performance.now();
  while (running) {
    const slowest = Math.min(...counts);
    while (sent < slowest + window) {
      packetId = (packetId % 65_535) + 1;
      publisher.write(publishPacket(topic, payload, qos, packetId));
      sent++;
    }
    await new Promise((resolve) => setImmediate(resolve));
    running = performance.now() - began < seconds * 1000;
  }
  const rate = Math.min(...counts) / ((performance.now() - began) / 1000);
  clearInterval(watch);
  const unread = freeze ? sent : 0;
  for (const socket of [...sockets, last, publisher]) socket.destroy();
  return { rate, peak, unread };
}

async function subscriber(broker, clientId, qos, onMessage) {
  const socket = await dial(broker.port);
  const reader = new Reader();
  await new Promise((resolve) => {
    socket.on("data", (chunk) => {
      const acknowledgements = [];
      reader.push(chunk, (type, bytes, body, quality) => {
        if (type === 9) resolve();
        if (type !== 3) return;
        onMessage();
        if (quality === 0) return;
        const id = body + 2 + bytes.readUInt16BE(body);
        acknowledgements.push(0x40, 2, bytes[id], bytes[id + 1]);
      });
      if (acknowledgements.length > 0) socket.write(Buffer.from(acknowledgements));
    });
    socket.write(Buffer.concat([connectPacket(clientId), subscribePacket(topic, qos)]));
  });
  return socket;
}

function report(qos, { reading, frozen }) {
  const rates = [reading, frozen].map((phases) => Math.max(...phases.map(({ rate }) => rate)));
  const peaks = [reading, frozen].map((phase) => Math.max(...phase.map(({ peak }) => peak)));
  const ratio = rates[1] / rates[0];
  const grown = peaks[1] - peaks[0];
  const kept = ratio >= lowestRate && grown <= growth;
  failed ||= !kept;
  const unread = Math.min(...frozen.map(({ unread: count }) => count));
  console.log(`QoS ${qos}: ${kept ? "ok" : "FAILED"}`);
  console.log(
    `  each of ${healthy}: ${rates[0].toFixed(0)} messages/s with all reading, ${rates[1].toFixed(0)} with one frozen`,
  );
  console.log(
    `  ratio ${ratio.toFixed(3)}, at least ${lowestRate}; the frozen one left ${unread} messages or more unread`,
  );
  console.log(`  peak memory ${mebibytes(peaks[0])} and ${mebibytes(peaks[1])}, growth at most ${mebibytes(growth)}`);
}

function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
