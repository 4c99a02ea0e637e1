/**
 * The generative fuzzer: conversations of several clients, valid at first, mutated byte by byte and packet by packet. All
 * chance comes from one seed and one counter: a conversation that broke something can be played again by its number.
 */

import { connect as openSocket, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Launched } from "../brokers/broker.ts";
import { bytes } from "../bytes/bytes.ts";
import {
  ack,
  auth,
  connect,
  disconnect,
  pingreq,
  publish,
  subscribe,
  unsubscribe,
  type Version,
} from "../bytes/packets.ts";
import { P, PROPERTY_RULES, type Property } from "../bytes/properties.ts";
import { type Vitals, vitals } from "./health.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes packets by chance. */
class Maker {
  readonly #random: () => number;
  constructor(random: () => number) {
    this.#random = random;
  }
  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
  chance(share: number): boolean {
    return this.#random() < share;
  }
  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }
  version(): Version {
    return this.pick([3, 4, 4, 5, 5, 5] as const);
  }
  topic(): string {
    return this.pick(["f/a", "f/b", "f/a/b", "f//", "f/ü", "f", "$x/f", "f/+", ""] as const);
  }
  filter(): string {
    const plain = this.pick(["f/a", "f/#", "f/+", "#", "+/a", "f/b", "f/a/#", "a#", "f/+/b", "$SYS/#", ""] as const);
    return this.chance(0.2) ? `$share/${this.pick(["g", "h", "", "+"] as const)}/${plain}` : plain;
  }
  id(): number {
    return this.chance(0.9) ? 1 + this.below(20) : this.below(65536);
  }
  properties(): Property[] {
    if (this.chance(0.5)) return [];
    const ids = [...PROPERTY_RULES.keys()];
    return Array.from({ length: 1 + this.below(3) }, (): Property => {
      const id = this.chance(0.8)
        ? this.pick([1, 2, 3, 8, 9, 0x0b, 0x11, 0x18, 0x21, 0x22, 0x23, 0x26, 0x27] as const)
        : (ids[this.below(ids.length)] ?? 0x26);
      const type = PROPERTY_RULES.get(id)?.type;
      if (type === "pair") return [id, ["n", "v"]];
      if (type === "string" || type === "binary") return [id, this.pick(["", "x", "f/a", "ü"] as const)];
      return [id, this.pick([0, 1, 2, 5, 100] as const)];
    });
  }
  connect(version: Version): Buffer {
    const will = this.chance(0.3)
      ? { topic: this.topic() || "f/w", payload: "will", qos: this.below(3), retain: this.chance(0.3) }
      : undefined;
    return connect(version, {
      id: this.pick(["fuzz1", "fuzz2", "fuzz3", "fuzz4", ""] as const),
      clean: this.chance(0.5),
      keepAlive: this.below(10),
      props: this.chance(0.6) ? [[P.sessionExpiry, this.below(4)], ...(this.chance(0.3) ? this.properties() : [])] : [],
      ...(will === undefined ? {} : { will }),
      ...(this.chance(0.3) ? { receiveMaximum: this.below(4), aliasMaximum: this.below(4) } : {}),
      ...(this.chance(0.2) ? { maximumPacketSize: 20 + this.below(100) } : {}),
    });
  }
  packet(version: Version): Buffer {
    const code = version === 5 && this.chance(0.4) ? this.pick([0, 0, 0x80, 0x92, 0x10] as const) : undefined;
    switch (this.below(14)) {
      case 0:
        return pingreq();
      case 1:
      case 2:
        return subscribe(
          version,
          this.id(),
          Array.from(
            { length: 1 + this.below(3) },
            () => [this.filter(), this.below(this.chance(0.9) ? 3 : 256)] as const,
          ),
          this.chance(0.3) ? this.properties() : [],
        );
      case 3:
        return unsubscribe(version, this.id(), [this.filter()], []);
      case 4:
        return ack(0x40, this.id(), code);
      case 5:
        return ack(0x50, this.id(), code);
      case 6:
        return ack(0x62, this.id(), code);
      case 7:
        return ack(0x70, this.id(), code);
      case 8:
        return this.chance(0.3) ? disconnect(version === 5 ? this.pick([0, 4, 0x80] as const) : undefined) : pingreq();
      case 9:
        return this.chance(0.1)
          ? auth(this.pick([0, 0x18, 0x19] as const), this.properties())
          : this.chance(0.1)
            ? this.connect(version)
            : pingreq();
      default:
        return publish(
          version,
          this.topic(),
          Buffer.alloc(this.chance(0.95) ? this.below(50) : this.below(100_000), 0x61),
          {
            qos: this.below(3),
            id: this.id(),
            retain: this.chance(0.2),
            dup: this.chance(0.1),
            props: this.properties(),
          },
        );
    }
  }
  /** Breaks a packet, or leaves it. */
  mutate(whole: Buffer): Buffer {
    if (this.chance(0.85) || whole.length === 0) return whole;
    const changed = Buffer.from(whole);
    const at = this.below(changed.length);
    switch (this.below(7)) {
      case 0:
        changed[at] = this.below(256);
        return changed;
      case 1:
        changed[at] = (changed[at] ?? 0) ^ (1 << this.below(8));
        return changed;
      case 2:
        return changed.subarray(0, at);
      case 3:
        return bytes(changed.subarray(0, at), Buffer.alloc(1 + this.below(8), this.below(256)), changed.subarray(at));
      case 4:
        return bytes(changed, changed.subarray(at));
      case 5:
        return bytes(changed.subarray(0, at), changed.subarray(Math.min(changed.length, at + 1 + this.below(4))));
      default:
        changed[at] = this.pick([0x00, 0x7f, 0x80, 0xff] as const);
        return changed;
    }
  }
}

/** Figures of a run. */
export interface FuzzReport {
  readonly conversations: number;
  readonly packets: number;
  readonly bytesReceived: number;
  /** Memory in use in MiB: after a tenth of the time, and at the end. */
  readonly memory: readonly [early: number, late: number];
  readonly complaints: readonly string[];
}

/** Plays conversations for so many seconds. */
export async function fuzz(broker: Launched, seconds: number, seed: number): Promise<FuzzReport> {
  const until = Date.now() + seconds * 1000;
  const totals = { conversations: 0, packets: 0, received: 0 };
  const complaints: string[] = [];
  let early: Promise<Vitals> | undefined;
  const worker = async (): Promise<void> => {
    while (Date.now() < until && complaints.length === 0) {
      totals.conversations++;
      const number = totals.conversations;
      await converse(broker, new Maker(randomFrom(seed * 1_000_003 + number)), totals).catch((error: Error) => {
        complaints.push(`conversation ${number} of seed ${seed}: ${error.message}`);
      });
      if (broker.exitCode() !== null) complaints.push(`the broker ended in conversation ${number} of seed ${seed}`);
      if (early === undefined && Date.now() > until - seconds * 900) early = vitals(broker);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return {
    conversations: totals.conversations,
    packets: totals.packets,
    bytesReceived: totals.received,
    memory: [(await early)?.memory ?? 0, (await vitals(broker)).memory],
    complaints,
  };
}

interface Totals {
  packets: number;
  received: number;
}

/** Two to four clients talk through the broker; each ends as chance has it. */
async function converse(broker: Launched, maker: Maker, totals: Totals): Promise<void> {
  const clients = Array.from({ length: 2 + maker.below(3) }, () => {
    const version = maker.version();
    const socket = openSocket({ host: broker.host, port: broker.port });
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        totals.received += chunk.length;
      });
    if (maker.chance(0.97)) socket.write(maker.mutate(maker.connect(version)));
    return { version, socket };
  });
  // Nine of ten wait for an answer first: on a busy machine a conversation would be over before the broker has heard it.
  await Promise.all(clients.filter(() => maker.chance(0.9)).map(({ socket }) => answered(socket)));
  for (let round = 0; round < 10 + maker.below(40); round++) {
    const client = clients[maker.below(clients.length)];
    if (client === undefined || client.socket.destroyed || client.socket.writableEnded) continue;
    client.socket.write(maker.mutate(maker.packet(client.version)));
    totals.packets++;
    if (maker.chance(0.05)) end(client.socket, maker);
    if (maker.chance(0.3)) await delay(0);
  }
  await delay(maker.below(20));
  await Promise.all(clients.map(({ socket }) => closed(socket)));
}

function end(socket: Socket, maker: Maker): void {
  // A socket that is reset while it connects would never let go of its handle.
  if (maker.chance(0.5) || socket.connecting) socket.end();
  else socket.resetAndDestroy();
}

/** Something came, or the connection is over, or the broker has nothing to say. */
function answered(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      socket.off("data", settle).off("close", settle);
      resolve();
    };
    const timer = setTimeout(settle, 500);
    socket.on("data", settle).on("close", settle);
  });
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.destroy();
  });
}
