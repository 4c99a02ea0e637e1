/** What CONNACK announces, and that it is true (MQTT 5.0 section 3.2.2.3). */

import { describe, expect, it } from "vitest";
import { connectBytes, frame, string, uint16, variableByteInteger } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("CONNACK, with the $name store", ({ start }) => {
  it("is legal for strict clients [MQTT-3.2.2-9] [hard case 6]", async () => {
    const broker = await start();
    const { connack } = await broker.connect();
    // 2 is served: Maximum QoS must be absent, it has no value for it.
    expect(connack?.properties?.maximumQoS).toBeUndefined();
    const size = connack?.properties?.maximumPacketSize;
    if (size !== undefined) expect(size).toBeLessThanOrEqual(268_435_455);
    expect(connack?.properties?.receiveMaximum ?? 1).toBeGreaterThan(0);
  });

  it("is silent about defaults [hard case 7]", async () => {
    const broker = await start({
      config: {
        mqtt: { serverReceiveMaximum: 65_535, topicAliasMaximum: 0, maxPacketSize: 268_435_460, maxKeepalive: 65_535 },
      },
    });
    const { connack } = await broker.connect({ keepAlive: 60 });
    expect(connack?.properties ?? {}).toEqual({});
  });

  it("announces what the configuration limits [hard case 7]", async () => {
    const broker = await start({
      config: {
        mqtt: {
          serverReceiveMaximum: 7,
          topicAliasMaximum: 3,
          maxPacketSize: 1_000,
          maxKeepalive: 50,
          maximumQos: 1,
          retainAvailable: false,
          wildcardSubscriptionAvailable: false,
          subscriptionIdentifierAvailable: false,
          sharedSubscriptionAvailable: false,
          sessionExpiry: "10s",
        },
      },
    });
    const { connack } = await broker.connect({ keepAlive: 60, properties: { sessionExpiryInterval: 20 } });
    expect(connack?.properties).toEqual({
      receiveMaximum: 7,
      topicAliasMaximum: 3,
      maximumPacketSize: 1_000,
      serverKeepAlive: 50,
      maximumQoS: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: false,
      sessionExpiryInterval: 10,
    });
  });

  it("repeats no session expiry that is granted as asked for", async () => {
    const broker = await start();
    const { connack } = await broker.connect({ properties: { sessionExpiryInterval: 60 } });
    expect(connack?.properties?.sessionExpiryInterval).toBeUndefined();
  });

  it("holds a client to the keep alive that it announced [MQTT-3.2.2-21] [hard case 7]", async () => {
    const broker = await start({ config: { mqtt: { maxKeepalive: 10 } } });
    const client = await broker.connect({ keepAlive: 60 });
    expect(client.connack?.properties?.serverKeepAlive).toBe(10);
    await broker.advance(14_900);
    await client.nothing();
    await broker.advance(300);
    await client.disconnected(0x8d);
  });

  it("refuses a will above maximum_qos by 0x9b, and a retained one by 0x9a [MQTT-3.2.2-12] [MQTT-3.2.2-13] [hard case 7]", async () => {
    const broker = await start({ config: { mqtt: { maximumQos: 1, retainAvailable: false } } });
    expect(await broker.refused({ will: { topic: "w", qos: 2 } })).toMatchObject({ reasonCode: 0x9b });
    expect(await broker.refused({ will: { topic: "w", retain: true } })).toMatchObject({ reasonCode: 0x9a });
    await broker.connect({ will: { topic: "w", qos: 1 } });
  });

  it("gives response information to who asks for it, and to nobody else [MQTT-3.1.2-28]", async () => {
    const broker = await start({ config: { mqtt: { responseInformation: "replies/" } } });
    const asking = await broker.connect({ properties: { requestResponseInformation: true } });
    expect(asking.connack?.properties?.responseInformation).toMatch(/^replies\//);
    const silent = await broker.connect();
    expect(silent.connack?.properties?.responseInformation).toBeUndefined();
  });

  it("says session present only when there was one [MQTT-3.2.2-2] [MQTT-3.2.2-3]", async () => {
    const broker = await start();
    const options = { clientId: "s", properties: { sessionExpiryInterval: 60 } };
    const first = await broker.connect({ ...options, cleanStart: false });
    expect(first.connack?.sessionPresent).toBe(false);
    await first.drop();
    const second = await broker.connect({ ...options, cleanStart: false });
    expect(second.connack?.sessionPresent).toBe(true);
    await second.drop();
    expect((await broker.connect({ ...options, cleanStart: true })).connack?.sessionPresent).toBe(false);
  });
});

describe.each(stores)("authentication methods without a plugin, with the $name store", ({ start }) => {
  it("answers a method that nobody knows by 0x8c and closes [MQTT-4.12.0-1] [hard case 8]", async () => {
    const broker = await start();
    const properties = { authenticationMethod: "UNKNOWN", authenticationData: Buffer.from("x") };
    expect(await broker.refused({ properties })).toMatchObject({ reasonCode: 0x8c, sessionPresent: false });
  });

  it("takes authentication data without a method for a protocol error [hard case 8]", async () => {
    const broker = await start();
    const client = broker.open();
    const data = Buffer.concat([Buffer.of(0x16), string("data")]);
    const properties = Buffer.concat([variableByteInteger(data.length), data]);
    client.sendBytes(connectBytes({ level: 5, flags: 2, properties }));
    await broker.idle();
    if (client.connack !== undefined) expect((await client.next("connack")).reasonCode).toBe(0x82);
    await client.closed();
  });

  it("closes on AUTH in 3.1.1 [hard case 8]", async () => {
    const broker = await start();
    const client = await broker.connect({ version: 4 });
    client.sendBytes("f0 00");
    await client.closed();
  });

  it("takes AUTH for a protocol error when CONNECT had no method [MQTT-4.12.0-6] [hard case 8]", async () => {
    const broker = await start();
    const client = await broker.connect();
    client.send("auth", { reasonCode: 0x19, properties: { authenticationMethod: "ANY" } });
    await client.disconnected(0x82);
  });
});

describe.each(stores)("a CONNECT with many user properties, with the $name store", ({ start }) => {
  it("takes time that grows with their number, not with its square [hard case 9]", async () => {
    const broker = await start();
    const time = async (count: number) => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const userProperties = Array.from({ length: count }, (_, index) => [`name-${index}`, "value"] as const);
        const before = process.cpuUsage();
        const client = await broker.connect({ properties: { userProperties } });
        const { system, user } = process.cpuUsage(before);
        best = Math.min(best, (user + system) / 1_000);
        await client.drop();
      }
      return best;
    };
    await time(100);
    const half = await time(1_250);
    const whole = await time(5_000);
    // Linear would be 4 times; the square of it 16 times. 5 ms allow for what else the process does.
    expect(whole).toBeLessThan(8 * half + 5);
  });

  it("refuses more than max_user_properties", async () => {
    const broker = await start({ config: { limits: { maxUserProperties: 3 } } });
    const many = (count: number) => ({
      properties: { userProperties: Array.from({ length: count }, () => ["a", "b"] as const) },
    });
    expect(await broker.refused(many(4))).toMatchObject({ reasonCode: 0x97 });
    await broker.connect(many(3));
  });
});

describe.each(stores)("properties of CONNECT, with the $name store", ({ start }) => {
  it.each([
    ["an unknown one", Buffer.of(0x7f, 0), [0x81]],
    ["one of CONNACK", Buffer.concat([Buffer.of(0x12), string("x")]), [0x81, 0x82]],
    ["one twice", Buffer.of(0x21, 0, 5, 0x21, 0, 5), [0x82]],
    ["receive maximum 0", Buffer.of(0x21, 0, 0), [0x82]],
    ["maximum packet size 0", Buffer.of(0x27, 0, 0, 0, 0), [0x82]],
    ["2 for request problem information", Buffer.of(0x17, 2), [0x82]],
    ["2 for request response information", Buffer.of(0x19, 2), [0x82]],
  ])("refuse %s [MQTT-3.1.4-1]", async (_, bytes, codes) => {
    const broker = await start();
    const client = broker.open();
    const properties = Buffer.concat([variableByteInteger(bytes.length), bytes]);
    client.sendBytes(connectBytes({ level: 5, flags: 2, properties }));
    await broker.idle();
    if (client.connack !== undefined) expect(codes).toContain((await client.next("connack")).reasonCode);
    await client.closed();
  });

  it("refuse a length that reaches beyond the packet", async () => {
    const broker = await start();
    const client = broker.open();
    client.sendBytes(frame(0x10, string("MQTT"), 5, 2, uint16(0), 100, string("c")));
    await broker.idle();
    if (client.connack !== undefined) expect((await client.next("connack")).reasonCode).toBe(0x81);
    await client.closed();
  });
});
