/** From the first byte to CONNACK: what is let in, what is refused, and how (MQTT 5.0 sections 3.1 and 3.2). */

import { describe, expect, it } from "vitest";
import { connectBytes, string, variableByteInteger } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("before CONNECT, with the $name store", ({ start }) => {
  it.each([
    ["PUBLISH", "30 04 00 01 61 62"],
    ["PUBACK", "40 02 00 01"],
    ["SUBSCRIBE", "82 06 00 01 00 01 61 00"],
    ["UNSUBSCRIBE", "a2 05 00 01 00 01 61"],
    ["PINGREQ", "c0 00"],
    ["DISCONNECT", "e0 00"],
    ["AUTH", "f0 00"],
    ["CONNACK", "20 02 00 00"],
    ["packet type 0", "00 00"],
    ["HTTP", "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a 0d 0a"],
  ])(
    "closes at once, without an answer, when the first packet is %s [MQTT-3.1.0-1] [hard case 1]",
    async (_, bytes) => {
      const broker = await start();
      const client = broker.open();
      client.sendBytes(bytes);
      await client.closed();
      expect(client.received).toEqual([]);
    },
  );

  it("closes a connection that sends no CONNECT within connect_timeout, and no other", async () => {
    const broker = await start({ config: { mqtt: { connectTimeout: "3s" } } });
    const silent = broker.open();
    const slow = broker.open();
    slow.sendBytes(connectBytes({ level: 5, flags: 2 }).subarray(0, 5));
    const connected = await broker.connect();
    await broker.advance(2_900);
    await silent.nothing();
    await broker.advance(300);
    await silent.closed();
    await slow.closed();
    await connected.nothing();
    expect(silent.received).toEqual([]);
  });

  it("makes no buffer for the length that a packet announces [hard case 1]", async () => {
    const broker = await start();
    const before = process.memoryUsage();
    const clients = Array.from({ length: 14 }, () => broker.open());
    const header = Buffer.concat([Buffer.of(0x10), variableByteInteger(100_000_000), string("MQTT")]);
    for (const client of clients) client.sendBytes(header);
    await broker.idle();
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20_000_000);
    for (const client of clients) await client.drop();
  });

  it("reads a CONNECT that comes byte by byte", async () => {
    const broker = await start();
    const client = broker.open();
    for (const byte of connectBytes({ level: 5, flags: 2 })) {
      client.sendBytes(Buffer.of(byte));
      await broker.idle();
    }
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0, sessionPresent: false });
  });

  it("answers with CONNACK before anything else, and works off what was sent with CONNECT [MQTT-3.2.0-1] [MQTT-3.1.4-6]", async () => {
    const broker = await start();
    const client = broker.open();
    client.sendConnect();
    client.send("subscribe", { packetId: 1, subscriptions: [subscription("a")] });
    client.send("publish", { topic: "a", payload: Buffer.from("own") });
    client.send("pingreq");
    await client.next("connack");
    expect((await client.find("suback")).reasonCodes).toEqual([0]);
    expect(await client.find("publish")).toMatchObject({ text: "own" });
    await client.find("pingresp");
  });
});

describe.each(stores)("a second CONNECT, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "is a protocol error and closes, in version %s [MQTT-3.1.0-2] [hard case 2]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version, clientId: "twice" });
      client.sendConnect({ version, clientId: "twice" });
      await client.disconnected(0x82);
      expect(client.received.filter(({ type }) => type === 2)).toHaveLength(1);
    },
  );
});

describe.each(stores)("the flags of CONNECT, with the $name store", ({ start }) => {
  const id = string("c");
  const will5 = [Buffer.of(0), string("w"), string("m")];
  const will4 = [string("w"), string("m")];

  it.each([
    ["the reserved bit", 5, 0x03, [id], [0x81]],
    ["will QoS 3", 5, 0x1e, [id, ...will5], [0x81]],
    ["a will QoS without a will", 5, 0x0a, [id], [0x81]],
    ["will retain without a will", 5, 0x22, [id], [0x81]],
    ["a will that is missing", 5, 0x06, [id], [0x81]],
    ["a user name that is missing", 5, 0x82, [id], [0x81]],
    ["a password that is missing", 5, 0xc2, [id, string("u")], [0x81]],
    ["bytes behind the last field", 5, 0x02, [id, string("more")], [0x81]],
    ["no client identifier", 5, 0x02, [], [0x81]],
    ["the reserved bit", 4, 0x03, [id], []],
    ["will QoS 3", 4, 0x1e, [id, ...will4], []],
    ["a will QoS without a will", 4, 0x0a, [id], []],
    ["will retain without a will", 4, 0x22, [id], []],
    ["a password without a user name", 4, 0x42, [id, string("p")], []],
    ["bytes behind the last field", 4, 0x02, [id, string("more")], []],
  ] as const)(
    "refuse %s in version %s [MQTT-3.1.2-3] [MQTT-3.1.2-11] [MQTT-3.1.2-12] [MQTT-3.1.2-13] [hard case 3]",
    async (_, level, flags, payload, codes) => {
      const broker = await start();
      const client = broker.open({ version: level });
      client.sendBytes(connectBytes({ level, flags, payload: [...payload] }));
      await broker.idle();
      // In 5.0 a CONNACK with the reason is allowed, in 3.1.1 nothing is.
      const connack = client.connack;
      if (connack !== undefined) {
        expect(codes).toContain(connack.reasonCode);
        await client.next("connack");
      }
      await client.closed();
    },
  );

  it.each([
    ["a password without a user name", 5, 0x42, [id, string("p")]],
    ["a user name and no password", 5, 0x82, [id, string("u")]],
    ["a user name and no password", 4, 0x82, [id, string("u")]],
    ["a password of any bytes", 5, 0xc2, [id, string("u"), string(Buffer.of(0, 0xff))]],
    ["a will with everything", 5, 0x36, [id, ...will5]],
    ["a will with everything", 4, 0x36, [id, ...will4]],
    ["a will with an empty payload", 4, 0x06, [id, string("w"), string("")]],
  ] as const)("let %s in, in version %s [MQTT-3.1.2-19] [hard case 3]", async (_, level, flags, payload) => {
    const broker = await start();
    const client = broker.open({ version: level });
    client.sendBytes(connectBytes({ level, flags, payload: [...payload] }));
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
  });
});

describe.each(stores)("protocol name and level, with the $name store", ({ start }) => {
  it("take MQIsdp 3, MQTT 4 and MQTT 5 [MQTT-3.1.2-1] [hard case 4]", async () => {
    const broker = await start();
    for (const [name, level] of [
      ["MQIsdp", 3],
      ["MQTT", 4],
      ["MQTT", 5],
    ] as const) {
      const client = broker.open({ version: level });
      client.sendBytes(connectBytes({ name, level, flags: 2 }));
      expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
    }
  });

  it.each([0, 1, 2, 6, 7, 255])("answer level %s and close [MQTT-3.1.2-2] [hard case 4]", async (level) => {
    const broker = await start();
    // Above 5 the 5.0 shape can be read by newer clients, below 5 the shape of 3.1.1.
    const client = broker.open({ version: level > 5 ? 5 : 4 });
    client.sendBytes(connectBytes({ level, flags: 2 }));
    expect((await client.next("connack")).reasonCode).toBe(level > 5 ? 0x84 : 0x01);
    await client.closed();
  });

  it.each([
    ["MQTT", 3],
    ["MQIsdp", 4],
  ])("answer %s with level %s with 0x01 in the 3.1.1 shape and close [hard case 4]", async (name, level) => {
    const broker = await start();
    const client = broker.open({ version: 4 });
    client.sendBytes(connectBytes({ name, level, flags: 2 }));
    expect(await client.next("connack")).toMatchObject({ reasonCode: 1, sessionPresent: false });
    await client.closed();
  });

  it.each(["mqtt", "MQTTX", "", "MQIsdP", "HTTP"])(
    "close without an answer for the name %j [MQTT-3.1.2-1] [hard case 4]",
    async (name) => {
      const broker = await start();
      const client = broker.open({ version: 4 });
      client.sendBytes(connectBytes({ name, level: 4, flags: 2 }));
      await client.closed();
      expect(client.received).toEqual([]);
    },
  );

  it("3.1 has no session present flag: it stays 0 [hard case 4]", async () => {
    const broker = await start();
    const options = { clientId: "old", cleanStart: false } as const;
    await (await broker.connect({ ...options, version: 3 })).drop();
    const resumed = broker.open({ version: 3 });
    resumed.sendConnect({ ...options, version: 3 });
    expect(await resumed.next("connack")).toMatchObject({ reasonCode: 0, sessionPresent: false });
    await resumed.drop();
    // The session was there all the same: 3.1.1 says so.
    expect((await broker.connect({ ...options, version: 4 })).connack).toMatchObject({ sessionPresent: true });
  });
});

function subscription(filter: string) {
  return { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
}
