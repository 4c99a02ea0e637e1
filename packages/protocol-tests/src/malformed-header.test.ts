/** Fixed headers that no client may send: flags, types, lengths (MQTT 5.0 section 2.1). */

import type { ProtocolVersion } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { connectBytes, frame, string, uint16 } from "./bytes.ts";
import { bystander, refusesBytes } from "./malformed.ts";
import { stores } from "./stores.ts";

const versions: readonly ProtocolVersion[] = [3, 4, 5];
const MALFORMED = [0x81];
const PROTOCOL_ERROR = [0x82];

/** A body that is right for each packet of a client. */
function bodies(version: ProtocolVersion): ReadonlyMap<number, Buffer> {
  const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
  const whole = (...parts: readonly (Uint8Array | string | number)[]) => frame(0, ...parts).subarray(2);
  return new Map([
    [3, whole(string("a"), none)],
    [4, uint16(1)],
    [5, uint16(1)],
    [6, uint16(1)],
    [7, uint16(1)],
    [8, whole(uint16(1), none, string("a"), 0)],
    [10, whole(uint16(1), none, string("a"))],
    [12, Buffer.alloc(0)],
    [14, Buffer.alloc(0)],
    ...(version === 5 ? ([[15, whole(0x19, none)]] as const) : []),
  ]);
}

describe.each(stores)("fixed headers, with the $name store", ({ start }) => {
  it.each(versions)(
    "with a wrong reserved bit end the connection, for every packet, in version %s [MQTT-2.1.3-1] [MQTT-2.2.2-2] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1] [hard case 11]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [type, body] of bodies(version)) {
        if (type === 3) continue;
        const right = [6, 8, 10].includes(type) ? 2 : 0;
        for (let flags = 0; flags < 16; flags++) {
          if (flags === right || (version === 3 && right === 2 && flags === 0x0a)) continue; // DUP in 3.1
          await refusesBytes(
            broker,
            version,
            frame((type << 4) | flags, body),
            MALFORMED,
            `type ${type} flags ${flags}`,
          );
        }
      }
      await neighbour.unharmed();
    },
  );

  it.each(versions)("with QoS 3 end the connection, in version %s [MQTT-3.3.1-4] [hard case 11]", async (version) => {
    const broker = await start();
    const neighbour = await bystander(broker);
    for (const flags of [0x6, 0x7, 0xe, 0xf]) {
      const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
      await refusesBytes(
        broker,
        version,
        frame(0x30 | flags, string("a"), uint16(1), none),
        MALFORMED,
        `flags ${flags}`,
      );
    }
    await neighbour.unharmed();
  });

  it.each(versions)(
    "of packets that only a server sends end the connection, in version %s [hard case 14]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
      for (const bytes of [
        frame(0x20, 0, 0, none),
        frame(0x90, uint16(1), none, 0),
        frame(0xb0, uint16(1), none, ...(version === 5 ? [0] : [])),
        frame(0xd0),
      ])
        await refusesBytes(broker, version, bytes, PROTOCOL_ERROR, `first byte ${bytes[0]}`);
      await neighbour.unharmed();
    },
  );

  it.each(versions)("of type 0, and of AUTH in 3.x, end the connection, in version %s", async (version) => {
    const broker = await start();
    const neighbour = await bystander(broker);
    for (let flags = 0; flags < 16; flags++)
      await refusesBytes(broker, version, frame(flags, "00"), [0x81, 0x82], `type 0 flags ${flags}`);
    if (version !== 5) await refusesBytes(broker, version, frame(0xf0), MALFORMED);
    await neighbour.unharmed();
  });

  it.each(versions)(
    "with a remaining length of five bytes end the connection at the fourth, in version %s [hard case 12]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const first of [0x30, 0x40, 0x62, 0x82, 0xa2, 0xc0, 0xe0])
        await refusesBytes(broker, version, Buffer.of(first, 0x80, 0x80, 0x80, 0x80), MALFORMED, `first byte ${first}`);
      await refusesBytes(broker, version, Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f), MALFORMED);
      await neighbour.unharmed();
    },
  );

  it("with a remaining length that is longer than it need be are refused [MQTT-1.5.5-1]", async () => {
    const broker = await start();
    for (const version of versions)
      await refusesBytes(
        broker,
        version,
        Buffer.from("c0808000", "hex"),
        MALFORMED,
        "PINGREQ with length 0 in three bytes",
      );
  });

  it.each([
    ["reserved flags", Buffer.concat([Buffer.of(0x11), connectBytes({ level: 5, flags: 2 }).subarray(1)])],
    ["a remaining length of five bytes", Buffer.of(0x10, 0x80, 0x80, 0x80, 0x80, 0x01)],
    ["type 0", Buffer.of(0, 0)],
    ["type 15 with reserved flags", Buffer.of(0xf3, 0)],
  ])("before CONNECT are answered with nothing but the end: %s [MQTT-3.1.0-1] [hard case 11]", async (_, bytes) => {
    const broker = await start();
    const neighbour = await bystander(broker);
    const client = broker.open();
    client.sendBytes(bytes);
    await broker.idle();
    if (client.connack !== undefined) expect((await client.next("connack")).reasonCode).toBeGreaterThanOrEqual(0x80);
    await client.closed();
    await neighbour.unharmed();
  });
});
