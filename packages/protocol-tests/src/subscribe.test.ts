/** SUBSCRIBE and SUBACK: what is granted, refused, replaced (MQTT 5.0 sections 3.8 and 3.9). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("SUBSCRIBE, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "is answered with its identifier and one code per filter, in order, in version %s [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.3-1]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version });
      client.send("subscribe", {
        packetId: 65_535,
        subscriptions: ([2, 0, 1, 2, 0] as const).map((qos, index) => ({
          filter: `a/${index}`,
          qos,
          noLocal: false,
          retainAsPublished: false,
          retainHandling: 0,
        })),
      });
      const suback = await client.next("suback");
      expect(suback).toMatchObject({ packetId: 65_535, reasonCodes: [2, 0, 1, 2, 0] });
    },
  );

  it("works each filter off as if it had come alone: one refusal leaves the others [MQTT-3.8.4-5] [MQTT-3.8.4-7]", async () => {
    const broker = await start();
    const client = await broker.connect();
    const { reasonCodes } = await client.subscribe(["a", { filter: "b/#/c", qos: 1 }, { filter: "c", qos: 2 }]);
    expect(reasonCodes).toEqual([0, 0x8f, 2]);
    const publisher = await broker.connect();
    for (const topic of ["a", "b/x/c", "c"]) await publisher.publish(topic, topic, { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ topic: "a", qos: 0 });
    expect(await client.next("publish")).toMatchObject({ topic: "c", qos: 2 });
    await client.nothing();
  });

  it.each([
    [4, 0x80],
    [5, 0x8f],
  ] as const)(
    "refuses an impossible filter in SUBACK, in version %s with code %s, and the connection lives [MQTT-3.9.3-2]",
    async (version, code) => {
      const broker = await start();
      const client = await broker.connect({ version });
      for (const filter of ["a#", "a/#/b", "#/a", "a+", "+a", "a/b+", "++", "a/##"])
        expect((await client.subscribe(filter)).reasonCodes).toEqual([code]);
      await client.ping();
    },
  );

  it("tells a 3.1 client nothing of a refusal, which has no code there, and sends it nothing", async () => {
    const broker = await start();
    const client = await broker.connect({ version: 3 });
    expect((await client.subscribe({ filter: "a+", qos: 1 })).reasonCodes).toEqual([1]);
    await (await broker.connect()).publish("a+".slice(0, 1), "text");
    await client.nothing();
  });

  it("replaces a subscription with the same filter: QoS, options and all [MQTT-3.8.4-3]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 2, retainAsPublished: true });
    await client.subscribe({ filter: "a", qos: 0 });
    const publisher = await broker.connect();
    await publisher.publish("a", "text", { qos: 2, retain: true });
    expect(await client.next("publish")).toMatchObject({ qos: 0, retain: false });
    await client.nothing();
    expect(broker.server.clientService.getSession(client.clientId)?.subscriptionsCurrent).toBe(1);
  });

  it("takes the last of two equal filters in one packet [MQTT-3.8.4-3] [MQTT-3.8.4-5]", async () => {
    const broker = await start();
    const client = await broker.connect();
    const { reasonCodes } = await client.subscribe([
      { filter: "a", qos: 0 },
      { filter: "a", qos: 2 },
    ]);
    expect(reasonCodes).toEqual([0, 2]);
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ qos: 2 });
    await client.nothing();
  });

  it("grants no more than maximum_qos [MQTT-3.2.2-10]", async () => {
    const broker = await start({ config: { mqtt: { maximumQos: 1 } } });
    for (const version of [4, 5] as const) {
      const client = await broker.connect({ version });
      expect((await client.subscribe({ filter: "a", qos: 2 })).reasonCodes).toEqual([1]);
    }
  });

  it("loses no message while a subscription is replaced [MQTT-3.8.4-4]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    const texts: string[] = [];
    for (let round = 0; round < 20; round++) {
      client.send("subscribe", {
        packetId: client.nextPacketId(),
        subscriptions: [{ filter: "a", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 2 }],
      });
      await publisher.publish("a", `m${round}`, { qos: 1 });
      texts.push(`m${round}`);
    }
    await broker.idle();
    const got = client.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
    expect(got).toEqual(texts);
  });

  it("hears what comes right behind it in the same chunk of bytes", async () => {
    const broker = await start();
    const client = await broker.connect();
    // SUBSCRIBE to "a", then PUBLISH "x" on it.
    client.sendBytes("82 07 00 01 00 00 01 61 00   30 05 00 01 61 00 78");
    await client.next("suback");
    expect(await client.next("publish")).toMatchObject({ topic: "a", text: "x" });
  });
});

describe.each(stores)("features that are switched off, with the $name store", ({ start }) => {
  const off = {
    wildcardSubscriptionAvailable: false,
    subscriptionIdentifierAvailable: false,
    sharedSubscriptionAvailable: false,
  };

  it.each([
    ["a wildcard", "a/+", undefined, 0xa2],
    ["a shared subscription", "$share/g/a", undefined, 0x9e],
    ["a subscription identifier", "a", 1, 0xa1],
  ])("end a 5.0 connection that was told so: %s", async (_, filter, subscriptionIdentifier, code) => {
    const broker = await start({ config: { mqtt: off } });
    const neighbour = await broker.connect();
    await neighbour.subscribe("n");
    const client = await broker.connect();
    client.send("subscribe", {
      packetId: 1,
      subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      ...(subscriptionIdentifier === undefined ? {} : { properties: { subscriptionIdentifier } }),
    });
    await client.disconnected(code);
    await neighbour.publish("n", "still here");
    expect(await neighbour.next("publish")).toMatchObject({ text: "still here" });
  });

  it("are refused in the SUBACK of 3.1.1, which was told nothing", async () => {
    const broker = await start({ config: { mqtt: off } });
    const client = await broker.connect({ version: 4 });
    expect((await client.subscribe(["a/+", "$share/g/a", "a"])).reasonCodes).toEqual([0x80, 0x80, 0]);
  });
});

describe.each(stores)("a message without subscribers, with the $name store", ({ start }) => {
  it("is answered by 0x10 only when that is true [MQTT-3.4.2-1] [MQTT-3.5.2-1] [hard case 36]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    const code = async (topic: string, qos: 1 | 2) => {
      const packetId = publisher.nextPacketId();
      publisher.send("publish", { topic, qos, packetId });
      const { reasonCode } = await publisher.find(qos === 1 ? "puback" : "pubrec");
      if (qos === 2) {
        publisher.send("pubrel", { packetId });
        await publisher.next("pubcomp");
      }
      return reasonCode;
    };
    for (const qos of [1, 2] as const) expect([0, 0x10]).toContain(await code("nobody/here", qos));
    await (await broker.connect()).subscribe("somebody/+");
    for (const qos of [1, 2] as const) expect(await code("somebody/here", qos)).toBe(0);
    const away = await broker.connect({ properties: { sessionExpiryInterval: 60 } });
    await away.subscribe({ filter: "offline", qos: 1 });
    await away.drop();
    for (const qos of [1, 2] as const) expect(await code("offline", qos)).toBe(0);
    await (await broker.connect()).subscribe("$share/g/group");
    for (const qos of [1, 2] as const) expect(await code("group", qos)).toBe(0);
  });
});
