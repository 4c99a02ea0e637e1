/** PUBLISH decoded and encoded beside mqtt-packet 9, in one process: `pnpm run bench`. Prints times per packet and their ratios. */
import {
  Decoder,
  encode,
  encodePublishHead,
  type ProtocolVersion,
  type PublishPacket,
  TopicTable,
} from "@gmqtt/packets";
import { bench, do_not_optimize, group, run } from "mitata";
import mqttPacket from "mqtt-packet";

/** Packets decoded in one go: about what one read from a busy socket holds. */
const BATCH = 512;
const OURS = "@gmqtt/packets";
const THEIRS = "mqtt-packet";
const HEAD = "@gmqtt/packets, head alone";

interface Case {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly packet: PublishPacket;
}

function publish(overrides: Partial<PublishPacket>): PublishPacket {
  return {
    type: 3,
    dup: false,
    qos: 0,
    retain: false,
    topic: "devices/sensor-17/temperature",
    packetId: 0,
    payload: Buffer.alloc(64, "x"),
    ...overrides,
  };
}

const CASES: readonly Case[] = [
  { name: "3.1.1, QoS 0, 64 bytes", version: 4, packet: publish({}) },
  { name: "3.1.1, QoS 1, 64 bytes", version: 4, packet: publish({ qos: 1, packetId: 4711 }) },
  { name: "5.0, QoS 1, 64 bytes", version: 5, packet: publish({ qos: 1, packetId: 4711 }) },
  {
    name: "5.0, QoS 1, 64 bytes, 3 properties",
    version: 5,
    packet: publish({
      qos: 1,
      packetId: 4711,
      properties: { messageExpiryInterval: 60, contentType: "text/plain", userProperties: [["origin", "lab"]] },
    }),
  },
  { name: "3.1.1, QoS 0, 4096 bytes", version: 4, packet: publish({ payload: Buffer.alloc(4096, "x") }) },
];

const topics = new TopicTable();

function decodeOurs(bytes: Buffer, version: ProtocolVersion): number {
  const decoder = new Decoder({ from: "client", version, topics });
  decoder.push(bytes);
  let payloadBytes = 0;
  for (let packet = decoder.next(); packet !== null; packet = decoder.next()) {
    if (packet.type === 3) payloadBytes += packet.payload.length;
  }
  return payloadBytes;
}

function decodeTheirs(bytes: Buffer, version: ProtocolVersion): number {
  const parser = mqttPacket.parser({ protocolVersion: version });
  let payloadBytes = 0;
  parser.on("packet", (packet) => {
    if (packet.cmd === "publish") payloadBytes += packet.payload.length;
  });
  parser.parse(bytes);
  return payloadBytes;
}

/** The same packet in the words of mqtt-packet. */
function inTheirWords({ packet }: Case): mqttPacket.IPublishPacket {
  const { dup, qos, retain, topic, packetId, payload, properties } = packet;
  const words: mqttPacket.IPublishPacket = { cmd: "publish", dup, qos, retain, topic, payload: payload as Buffer };
  if (qos > 0) words.messageId = packetId;
  if (properties !== undefined) {
    words.properties = {
      messageExpiryInterval: properties.messageExpiryInterval as number,
      contentType: properties.contentType as string,
      userProperties: Object.fromEntries(properties.userProperties ?? []),
    };
  }
  return words;
}

function register(item: Case): void {
  const { name, version, packet } = item;
  const theirs = inTheirWords(item);
  const one = encode(packet, version);
  if (!one.equals(mqttPacket.generate(theirs, { protocolVersion: version }))) throw new Error(`${name}: bytes differ`);
  const bytes = Buffer.concat(Array.from({ length: BATCH }, () => one));
  if (decodeOurs(bytes, version) !== decodeTheirs(bytes, version)) throw new Error(`${name}: payloads differ`);
  group(`decode ${BATCH}: ${name}`, () => {
    bench(OURS, () => do_not_optimize(decodeOurs(bytes, version)));
    bench(THEIRS, () => do_not_optimize(decodeTheirs(bytes, version)));
  });
  group(`encode: ${name}`, () => {
    bench(OURS, () => do_not_optimize(encode(packet, version)));
    bench(THEIRS, () => do_not_optimize(mqttPacket.generate(theirs, { protocolVersion: version })));
    const head = { ...packet, payloadLength: packet.payload.length };
    bench(HEAD, () => do_not_optimize(encodePublishHead(head, version)));
  });
}

interface Measured {
  readonly runs: readonly { readonly stats?: { readonly p50: number } }[];
}

/** Each trial's best median of several rounds: a neighbour on the machine slows whole seconds down. */
const ROUNDS = 3;
const medians: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  CASES.forEach(register);
  const { benchmarks } = (await run({ format: "quiet" })) as unknown as { benchmarks: readonly Measured[] };
  for (const [index, { runs }] of benchmarks.entries()) {
    medians[index] = Math.min(medians[index] ?? Number.POSITIVE_INFINITY, runs[0]?.stats?.p50 ?? Number.NaN);
  }
}
const nanoseconds = (index: number, count: number): number => (medians[index] ?? Number.NaN) / count;

function row(name: string, ours: number, theirs: number, head?: number): void {
  const times = (theirs / ours).toFixed(1);
  console.log(`| ${name} | ${ours.toFixed(0)} | ${head?.toFixed(0) ?? ""} | ${theirs.toFixed(0)} | ${times} |`);
}

console.log(`Node ${process.version}, median time of one packet in ns`);
console.log(`| | ${OURS} | head alone | ${THEIRS} | times as fast |\n|---|---:|---:|---:|---:|`);
for (const [index, { name }] of CASES.entries()) {
  const first = index * 5;
  row(`decode ${name}`, nanoseconds(first, BATCH), nanoseconds(first + 1, BATCH));
  row(`encode ${name}`, nanoseconds(first + 2, 1), nanoseconds(first + 3, 1), nanoseconds(first + 4, 1));
}
