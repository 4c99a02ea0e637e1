/**
 * How much memory a connection costs: 10,000 of them, each with one subscription of its own, held by a gmqttd on a core
 * of its own. Fails above 12 KiB of resident memory each. `node scripts/checks/connections.mjs [connections]`
 */
import { dial, moveAway, openFilesLimit, startBroker } from "./lib/broker.mjs";
import { connectPacket, Reader, subscribePacket } from "./lib/packets.mjs";

const connections = Number(process.argv[2] ?? 10_000);
/** Resident memory of the broker per connection, bytes. */
const limit = 12 * 1024;
/** Ports that one source address has, with room to spare. */
const perAddress = 20_000;
/** How many are being connected at the same time. */
const atOnce = 64;
/** Memory is settled when it has not changed by more than this between two looks, bytes. */
const settled = 256 * 1024;

const needed = connections + 200;
if (openFilesLimit() < needed) {
  console.error(`needs ${needed} open files, the limit is ${openFilesLimit()}: ulimit -n ${needed}`);
  process.exit(2);
}

moveAway();
const broker = await startBroker();
const sockets = [];
try {
  await openMany(200, "warm"); // what is loaded and compiled once is no connection's
  const before = await restingMemory();
  const began = performance.now();
  await openMany(connections, "held");
  const seconds = (performance.now() - began) / 1000;
  const after = await restingMemory();
  const idle = await idleCpu();
  const each = (after - before) / connections;
  console.log(`${connections} connections with one subscription each, in ${seconds.toFixed(1)} s`);
  console.log(`resident memory: ${mebibytes(before)} before, ${mebibytes(after)} after`);
  console.log(`per connection: ${(each / 1024).toFixed(2)} KiB, limit ${limit / 1024} KiB`);
  console.log(`CPU while nothing happens: ${(idle * 100).toFixed(1)} % of a core`);
  process.exitCode = each <= limit ? 0 : 1;
} finally {
  for (const socket of sockets) socket.destroy();
  await broker.stop();
}

async function openMany(count, prefix) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      sockets.push(await open(`${prefix}-${index}`, addressFor(sockets.length)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** 127.0.0.1, then 127.0.0.2 and so on, as ports run out. */
function addressFor(index) {
  return index < perAddress ? undefined : `127.0.0.${1 + Math.floor(index / perAddress)}`;
}

async function open(clientId, localAddress) {
  const socket = await dial(broker.port, localAddress);
  const reader = new Reader();
  const subscribed = new Promise((resolve, reject) => {
    socket.on("data", (chunk) => reader.push(chunk, (type) => type === 9 && resolve()));
    socket.once("close", () => reject(new Error(`${clientId} was closed`)));
  });
  socket.write(Buffer.concat([connectPacket(clientId), subscribePacket(`check/${clientId}/command`, 1)]));
  await subscribed;
  return socket;
}

/** Resident memory once it has come to rest. */
async function restingMemory() {
  let last = broker.rss();
  for (let look = 0; look < 20; look++) {
    await pause(1_000);
    const now = broker.rss();
    if (Math.abs(now - last) <= settled && look >= 4) return now;
    last = now;
  }
  return last;
}

async function idleCpu() {
  const before = broker.cpu();
  await pause(5_000);
  return (broker.cpu() - before) / 5;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
