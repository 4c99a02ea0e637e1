/** The window over unfinished QoS 1 and 2 messages, both ways (MQTT 5.0 section 4.9). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("the client's receive maximum, with the $name store", ({ start }) => {
  it.each([1, 2, 5])(
    "of %s is kept; QoS 0 passes by [MQTT-3.3.4-9] [MQTT-4.9.0-2] [hard case 24]",
    async (receiveMaximum) => {
      const broker = await start();
      const client = await broker.connect({ autoAck: false, properties: { receiveMaximum } });
      await client.subscribe({ filter: "a", qos: 2 });
      const publisher = await broker.connect();
      for (let number = 0; number < 8; number++)
        await publisher.publish("a", String(number), { qos: number % 2 === 0 ? 1 : 2 });
      await broker.idle();
      expect(client.unread).toHaveLength(receiveMaximum);
      await publisher.publish("a", "qos 0");
      expect(await client.find("publish", ({ qos }) => qos === 0)).toMatchObject({ text: "qos 0" });
      expect(client.unread).toHaveLength(receiveMaximum);
    },
  );

  it("opens on PUBACK, PUBCOMP and a failed PUBREC, and not on a good PUBREC [MQTT-4.9.0-1] [hard case 24]", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    for (const [index, qos] of ([1, 2, 2, 1] as const).entries()) await publisher.publish("a", `m${index}`, { qos });
    const m0 = await client.next("publish");
    await client.nothing();
    client.send("puback", { packetId: m0.packetId });
    const m1 = await client.next("publish");
    expect(m1).toMatchObject({ text: "m1" });
    client.send("pubrec", { packetId: m1.packetId });
    await client.next("pubrel");
    await client.nothing();
    client.send("pubcomp", { packetId: m1.packetId });
    const m2 = await client.next("publish");
    expect(m2).toMatchObject({ text: "m2" });
    client.send("pubrec", { packetId: m2.packetId, reasonCode: 0x80 });
    expect(await client.next("publish")).toMatchObject({ text: "m3" });
  });

  it("is not opened twice by one acknowledgement sent twice", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    for (let number = 0; number < 4; number++) await publisher.publish("a", String(number), { qos: 1 });
    const first = await client.next("publish");
    client.send("puback", { packetId: first.packetId });
    client.send("puback", { packetId: first.packetId });
    const second = await client.next("publish");
    // Unless the identifier was used again at once, the second acknowledgement means nothing.
    if (second.packetId !== first.packetId) await client.nothing();
  });

  it("is max_inflight for those who have none, and never more", async () => {
    const broker = await start({ config: { mqtt: { maxInflight: 3 } } });
    for (const version of [4, 5] as const) {
      const client = await broker.connect({ version, autoAck: false });
      await client.subscribe({ filter: `a/${version}`, qos: 1 });
      const publisher = await broker.connect();
      for (let number = 0; number < 6; number++) await publisher.publish(`a/${version}`, String(number), { qos: 1 });
      await broker.idle();
      expect(client.unread).toHaveLength(3);
    }
  });
});

describe.each(stores)("the server's receive maximum, with the $name store", ({ start }) => {
  it("one message too many ends in DISCONNECT 0x93 [MQTT-3.3.4-7] [hard case 25]", async () => {
    const broker = await start({ config: { mqtt: { serverReceiveMaximum: 3 } } });
    const neighbour = await broker.connect();
    const client = await broker.connect();
    expect(client.connack?.properties?.receiveMaximum).toBe(3);
    for (let packetId = 1; packetId <= 3; packetId++) client.send("publish", { topic: "a", qos: 2, packetId });
    for (let packetId = 1; packetId <= 3; packetId++) await client.next("pubrec");
    await client.nothing();
    client.send("publish", { topic: "a", qos: 2, packetId: 4 });
    await client.disconnected(0x93);
    await neighbour.ping();
  });

  it("counts a QoS 2 message until its PUBCOMP, and a repeated one once [hard case 25]", async () => {
    const broker = await start({ config: { mqtt: { serverReceiveMaximum: 1 } } });
    const client = await broker.connect();
    client.send("publish", { topic: "a", qos: 2, packetId: 1 });
    await client.next("pubrec");
    client.send("publish", { topic: "a", qos: 2, packetId: 1, dup: true });
    await client.next("pubrec");
    client.send("publish", { topic: "a", payload: Buffer.from("qos 0") });
    client.send("pubrel", { packetId: 1 });
    await client.next("pubcomp");
    await client.publish("a", "text", { qos: 1 });
    await client.publish("a", "text", { qos: 2 });
    client.send("publish", { topic: "a", qos: 2, packetId: 7 });
    await client.next("pubrec");
    client.send("publish", { topic: "a", qos: 1, packetId: 8 });
    await client.disconnected(0x93);
  });

  it("is no matter for 3.1.1, which knows of none", async () => {
    const broker = await start({ config: { mqtt: { serverReceiveMaximum: 2 } } });
    const client = await broker.connect({ version: 4 });
    for (let packetId = 1; packetId <= 10; packetId++) client.send("publish", { topic: "a", qos: 2, packetId });
    for (let packetId = 1; packetId <= 10; packetId++) await client.next("pubrec");
  });

  it("begins anew with each connection [MQTT-4.9.0-3]", async () => {
    const broker = await start({ config: { mqtt: { serverReceiveMaximum: 2 } } });
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const first = await broker.connect(options);
    for (const packetId of [1, 2]) first.send("publish", { topic: "a", qos: 2, packetId });
    for (let count = 0; count < 2; count++) await first.next("pubrec");
    await first.drop();
    const second = await broker.connect(options);
    for (const packetId of [1, 2]) second.send("publish", { topic: "a", qos: 2, packetId, dup: true });
    for (let count = 0; count < 2; count++) await second.next("pubrec");
    await second.nothing();
  });
});
