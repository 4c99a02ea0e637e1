/** Packets whose bodies are too long, too short, or hold what must not be there (MQTT 5.0 sections 2.2 and 3). */

import type { ProtocolVersion } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { connectBytes, frame, string, uint16 } from "./bytes.ts";
import { bystander, refusesBytes } from "./malformed.ts";
import { stores } from "./stores.ts";

const versions: readonly ProtocolVersion[] = [3, 4, 5];

/** Right packets with all fields that there are. None of them may be cut anywhere. */
function packets(version: ProtocolVersion): Record<string, Buffer> {
  const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
  const reason = version === 5 ? [string("r")] : [];
  const user = version === 5 ? Buffer.concat([Buffer.of(0x26), string("k"), string("v")]) : Buffer.alloc(0);
  const properties = version === 5 ? Buffer.concat([Buffer.of(user.length), user]) : Buffer.alloc(0);
  const tail = version === 5 ? [0, 4, 0x1f, ...reason] : [];
  return {
    "PUBLISH of QoS 1": frame(0x32, string("ab"), uint16(1), properties),
    PUBACK: frame(0x40, uint16(1), ...tail),
    PUBREC: frame(0x50, uint16(1), ...tail),
    PUBREL: frame(0x62, uint16(1), ...tail),
    PUBCOMP: frame(0x70, uint16(1), ...tail),
    SUBSCRIBE: frame(0x82, uint16(1), properties, string("ab"), 0),
    "SUBSCRIBE of two": frame(0x82, uint16(1), none, string("ab"), 0, string("cd"), 1),
    UNSUBSCRIBE: frame(0xa2, uint16(1), properties, string("ab")),
    ...(version === 5 ? { DISCONNECT: frame(0xe0, 0, properties), AUTH: frame(0xf0, 0x19, 4, 0x15, string("m")) } : {}),
  };
}

/** Lengths at which a packet may end all the same, counted in bytes of the body. */
const ALLOWED: Record<string, readonly number[]> = {
  PUBACK: [2, 3],
  PUBREC: [2, 3],
  PUBREL: [2, 3],
  PUBCOMP: [2, 3],
  DISCONNECT: [0, 1],
};

describe.each(stores)("bodies, with the $name store", ({ start }) => {
  it.each(versions)(
    "that end within a field end the connection, at each boundary, in version %s [hard case 12]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [name, whole] of Object.entries(packets(version))) {
        const body = whole.subarray(2);
        for (let length = 0; length < body.length; length++) {
          if (ALLOWED[name]?.includes(length)) continue;
          if (name === "SUBSCRIBE of two" && length === body.length - 5) continue; // the first filter alone
          const bytes = frame(whole[0]!, body.subarray(0, length));
          await refusesBytes(broker, version, bytes, [0x81, 0x82], `${name} of ${length} bytes`);
        }
      }
      await neighbour.unharmed();
    },
  );

  it.each(versions)(
    "that are too long for their type end the connection, in version %s [hard case 12]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      const tooLong = Object.entries(packets(version)).filter(([name]) => !name.startsWith("PUBLISH"));
      for (const [name, whole] of [...tooLong, ["PINGREQ", Buffer.of(0xc0, 0)] as const]) {
        for (const extra of [Buffer.of(0), Buffer.of(0xff, 0xff)]) {
          const bytes = frame(whole[0]!, whole.subarray(2), extra);
          await refusesBytes(broker, version, bytes, [0x81, 0x82], `${name} and ${extra.length} bytes`);
        }
      }
      if (version !== 5) await refusesBytes(broker, version, frame(0xe0, 0), [], "DISCONNECT with a body");
      await neighbour.unharmed();
    },
  );

  it.each(versions)(
    "with packet identifier 0 end the connection, in version %s [MQTT-2.2.1-3] [hard case 13]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
      for (const [name, bytes] of Object.entries({
        SUBSCRIBE: frame(0x82, uint16(0), none, string("a"), 0),
        UNSUBSCRIBE: frame(0xa2, uint16(0), none, string("a")),
        "PUBLISH of QoS 1": frame(0x32, string("a"), uint16(0), none),
        "PUBLISH of QoS 2": frame(0x34, string("a"), uint16(0), none),
        PUBACK: frame(0x40, uint16(0)),
        PUBREC: frame(0x50, uint16(0)),
        PUBREL: frame(0x62, uint16(0)),
        PUBCOMP: frame(0x70, uint16(0)),
      }))
        await refusesBytes(broker, version, bytes, [0x82], name);
      await neighbour.unharmed();
    },
  );

  it.each(versions)(
    "of SUBSCRIBE and UNSUBSCRIBE without a filter end the connection, in version %s [MQTT-3.8.3-2] [MQTT-3.10.3-2]",
    async (version) => {
      const broker = await start();
      const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
      await refusesBytes(broker, version, frame(0x82, uint16(1), none), [0x82], "SUBSCRIBE");
      await refusesBytes(broker, version, frame(0xa2, uint16(1), none), [0x82], "UNSUBSCRIBE");
    },
  );

  it.each([
    ["QoS 3", 0x03, [0x82]],
    ["retain handling 3", 0x30, [0x82]],
    ["reserved bit 6", 0x40, [0x81]],
    ["reserved bit 7", 0x80, [0x81]],
  ])("of SUBSCRIBE with %s in its options end the connection [MQTT-3.8.3-5]", async (_, options, codes) => {
    const broker = await start();
    await refusesBytes(broker, 5, frame(0x82, uint16(1), 0, string("a"), options), codes);
  });

  it("of SUBSCRIBE in 3.1.1 with any option but QoS end the connection [MQTT-3.8.3-4]", async () => {
    const broker = await start();
    for (const options of [0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80])
      await refusesBytes(broker, 4, frame(0x82, uint16(1), string("a"), options), [], `options ${options}`);
  });

  it("with an empty filter are refused without harm [MQTT-4.7.3-1]", async () => {
    const broker = await start();
    for (const version of versions) {
      const none = version === 5 ? Buffer.of(0) : Buffer.alloc(0);
      const client = await broker.connect({ version });
      client.sendBytes(frame(0x82, uint16(1), none, string(""), 0));
      await broker.idle();
      const [answer] = client.unread;
      if (answer?.type === 9) expect(answer.reasonCodes).toEqual([version === 5 ? 0x8f : version === 4 ? 0x80 : 0]);
      else expect(client.ended).toBe(true);
    }
  });

  it.each([0x01, 0x03, 0x10, 0x18, 0x19, 0x8b, 0x8d, 0x8e, 0x87, 0x9d, 0xa0, 0xff])(
    "of DISCONNECT with reason code %s, which is not a client's to send, are an error: the will goes out [MQTT-3.14.2-1] [hard case 19]",
    async (reasonCode) => {
      const broker = await start();
      const watcher = await broker.connect();
      await watcher.subscribe("will");
      const client = await broker.connect({ will: { topic: "will", payload: "gone" } });
      client.sendBytes(frame(0xe0, reasonCode));
      await broker.idle();
      expect([0x81, 0x82]).toContain((await client.next("disconnect")).reasonCode);
      await client.closed();
      expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    },
  );
});

describe.each(stores)("bodies of CONNECT, with the $name store", ({ start }) => {
  const whole = (version: ProtocolVersion) => {
    const will = [...(version === 5 ? [Buffer.of(0)] : []), string("w"), string("p")];
    // In 3.1 a user name may be announced and missing, so that there it would be no error.
    if (version === 3) return connectBytes({ name: "MQIsdp", level: 3, flags: 0x06, payload: [string("id"), ...will] });
    return connectBytes({
      level: version,
      flags: 0xc6,
      payload: [string("id"), ...will, string("user"), string("pass")],
    });
  };

  it.each(versions)(
    "that end within a field, at each boundary, get no success, in version %s [hard case 12]",
    async (version) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      const body = whole(version).subarray(2);
      for (let length = 0; length < body.length; length++) {
        const client = broker.open();
        client.sendBytes(frame(0x10, body.subarray(0, length)));
        await broker.idle();
        if (client.connack !== undefined) {
          expect(version, `${length} bytes`).toBe(5);
          expect([0x81, 0x82, 0x84], `${length} bytes`).toContain(client.connack.reasonCode);
        }
        expect(client.ended, `${length} bytes`).toBe(true);
      }
      await neighbour.unharmed();
    },
  );

  it.each(versions)("that are too long get no success, in version %s [hard case 12]", async (version) => {
    const broker = await start();
    const client = broker.open();
    client.sendBytes(frame(0x10, whole(version).subarray(2), 0));
    await broker.idle();
    if (client.connack !== undefined) expect([0x81, 0x82]).toContain(client.connack.reasonCode);
    expect(client.ended).toBe(true);
  });
});
