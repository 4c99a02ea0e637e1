/** Clients that mean no good: slow ones, silent ones, many at once, and announcements of giant packets. */

import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Launched } from "../brokers/broker.ts";
import { bytes, hex, str } from "../bytes/bytes.ts";
import { connect, publish, subscribe } from "../bytes/packets.ts";
import { P, type Property } from "../bytes/properties.ts";
import { openTcp } from "../client/client.ts";
import { serves, vitals } from "./health.ts";

/** One attack; complaints about how the broker stood it. */
export interface Flood {
  readonly name: string;
  run(broker: Launched, patience: number): Promise<string[]>;
}

/** Opens sockets, some at a time: a listener's backlog is not what is tested. */
async function openMany(broker: Launched, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Math.min(100, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => openTcp(broker.host, broker.port)))));
  }
  for (const socket of sockets) socket.on("data", () => {}).on("end", () => socket.destroy());
  return sockets;
}

function ended(sockets: readonly Socket[]): number {
  return sockets.filter(({ destroyed }) => destroyed).length;
}

function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** A healthy client in the middle of an attack must not wait much longer than usual. */
async function meanwhile(broker: Launched, patience: number): Promise<string[]> {
  return (await serves(broker, patience)).map((complaint) => `in the middle of it ${complaint}`);
}

/** Properties enough for a CONNECT that takes minutes, a byte at a time. */
const LONG: Property[] = Array.from({ length: 1000 }, (_, index) => [P.user, [`${index}`, "v"]]);

export const floods: readonly Flood[] = [
  {
    name: "slow-loris: CONNECT a byte at a time from 200 clients, and as many that say nothing",
    async run(broker, patience) {
      const sockets = await openMany(broker, 400);
      const whole = connect(5, { id: "loris", props: LONG });
      const complaints: string[] = [];
      const began = Date.now();
      for (let index = 0; index < whole.length && ended(sockets) < sockets.length; index++) {
        for (const socket of sockets.slice(0, 200))
          if (!socket.destroyed) socket.write(whole.subarray(index, index + 1));
        if (index === 5) complaints.push(...(await meanwhile(broker, patience)));
        await delay(50);
        if (Date.now() - began > 20_000) break;
      }
      if (ended(sockets) < sockets.length)
        complaints.push(`${sockets.length - ended(sockets)} slow clients were left alone for 20 s`);
      closeAll(sockets);
      return complaints;
    },
  },
  {
    name: "half-open: 200 clients that close their side, and 100 that never read",
    async run(broker, patience) {
      const sockets = await openMany(broker, 200);
      for (const [index, socket] of sockets.entries()) {
        socket.write(connect(4, { id: `half${index}` }));
        socket.end();
      }
      const deaf = await openMany(broker, 100);
      for (const [index, socket] of deaf.entries()) {
        socket.pause();
        socket.write(bytes(connect(4, { id: `deaf${index}` }), subscribe(4, 1, [["deaf/#", 0]])));
      }
      await delay(300);
      const [talker] = await openMany(broker, 1);
      talker?.write(connect(4, { id: "talker" }));
      for (let index = 0; index < 200; index++) {
        talker?.write(publish(4, "deaf/x", Buffer.alloc(50_000, 120)));
        if (index % 20 === 0) await delay(20);
      }
      const complaints = await meanwhile(broker, patience);
      for (let round = 0; round < 40 && ended(sockets) < sockets.length; round++) await delay(250);
      if (ended(sockets) < sockets.length)
        complaints.push(`${sockets.length - ended(sockets)} half-open connections are left`);
      closeAll([...deaf, ...(talker === undefined ? [] : [talker])]);
      return complaints;
    },
  },
  {
    name: "flood: 3000 CONNECTs as fast as they go, a third of them refused",
    async run(broker, patience) {
      const complaints: string[] = [];
      for (let wave = 0; wave < 6; wave++) {
        const sockets = await openMany(broker, 500);
        for (const [index, socket] of sockets.entries()) {
          const bad = index % 3 === 0;
          socket.write(connect(bad ? 4 : 5, { id: `flood${index % 400}`, ...(bad ? { flags: 3 } : {}) }));
        }
        complaints.push(...(await meanwhile(broker, patience)));
        closeAll(sockets);
      }
      return complaints;
    },
  },
  {
    name: "giants: 50 clients that announce packets of 256 MB, before and after CONNECT",
    async run(broker, patience) {
      const before = (await vitals(broker)).memory;
      const sockets = await openMany(broker, 50);
      for (const [index, socket] of sockets.entries()) {
        if (index % 2 === 0) socket.write(hex("10 ff ff ff 7f 0004 4d51 5454 05"));
        else
          socket.write(
            bytes(connect(4, { id: `giant${index}` }), hex("30 ff ff ff 7f"), str("topic"), Buffer.alloc(10_000)),
          );
      }
      const complaints = await meanwhile(broker, patience);
      await delay(500);
      const grown = (await vitals(broker)).memory - before;
      if (grown > 4) complaints.push(`${grown.toFixed(1)} MiB were taken for packets that never came`);
      closeAll(sockets);
      return complaints;
    },
  },
  {
    name: "lists: 5000 user properties and 1000 filters in a packet take no longer than their bytes",
    async run(broker, patience) {
      const props: Property[] = Array.from({ length: 5000 }, (_, index) => [P.user, [`name${index}`, "value"]]);
      const began = performance.now();
      const sockets = await openMany(broker, 10);
      for (const [index, socket] of sockets.entries()) {
        socket.write(connect(5, { id: `list${index}`, props }));
        socket.write(
          subscribe(
            5,
            1,
            Array.from({ length: 1000 }, (_, number) => [`list/${index}/${number}/#`, 0] as const),
          ),
        );
      }
      const complaints = await meanwhile(broker, patience);
      if (performance.now() - began > 3 * patience)
        complaints.push(`it took ${Math.round(performance.now() - began)} ms`);
      closeAll(sockets);
      return complaints;
    },
  },
];
