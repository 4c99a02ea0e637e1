/** The plain rules of every exchange: who answers what, with which identifier, and when an identifier is free again. */

import { type HookWrapper, MqttError } from "@gmqtt/broker";
import type { ProtocolVersion } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

const versions: readonly ProtocolVersion[] = [3, 4, 5];
const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;

describe.each(stores)("answers, with the $name store", ({ start }) => {
  it.each(versions)(
    "repeat the identifier of what they answer, in version %s [MQTT-2.2.1-5] [MQTT-2.2.1-6] [MQTT-2.3.1-6] [MQTT-2.3.1-7] [MQTT-3.3.4-1] [MQTT-3.12.4-1]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version });
      for (const packetId of [1, 255, 256, 65_535]) {
        client.send("publish", { topic: "a", qos: 0 });
        await client.nothing();
        client.send("publish", { topic: "a", qos: 1, packetId });
        expect(await client.next("puback")).toMatchObject({ packetId });
        client.send("publish", { topic: "a", qos: 2, packetId });
        expect(await client.next("pubrec")).toMatchObject({ packetId });
        client.send("pubrel", { packetId });
        expect(await client.next("pubcomp")).toMatchObject({ packetId });
        const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
        client.send("subscribe", { packetId, subscriptions: [{ filter: "b", qos: 0, ...options }] });
        expect(await client.next("suback")).toMatchObject({ packetId });
        client.send("unsubscribe", { packetId, filters: ["b"] });
        expect(await client.next("unsuback")).toMatchObject({ packetId });
        client.send("pingreq");
        await client.next("pingresp");
      }
    },
  );

  it("go on while the client's quota is used up: PINGRESP, SUBACK, PUBACK, PUBREL, QoS 0 [MQTT-3.3.4-10] [MQTT-4.9.0-3]", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    for (const text of ["one", "two"]) await publisher.publish("a", text, { qos: 2 });
    const { packetId } = await client.next("publish");
    await client.nothing();
    await client.ping();
    expect((await client.subscribe("b")).reasonCodes).toEqual([0]);
    expect((await client.unsubscribe("b")).reasonCodes).toEqual([0]);
    expect(await client.publish("c", "", { qos: 1 })).toMatchObject({ type: 4 });
    await publisher.publish("a", "QoS 0");
    client.send("pubrec", { packetId });
    await client.find("pubrel");
  });
});

describe.each(stores)("messages to a client, with the $name store", ({ start }) => {
  it.each(versions)(
    "go out first with DUP 0, a free identifier at QoS 1 and 2 and none at QoS 0, in version %s [MQTT-4.3.1-1] [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-2.2.1-2] [MQTT-2.3.1-4] [MQTT-2.3.1-5]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version, autoAck: false });
      await client.subscribe({ filter: "a", qos: 2 });
      const publisher = await broker.connect({ version });
      const used = new Set<number>();
      for (let round = 0; round < 30; round++) {
        const qos = (round % 3) as 0 | 1 | 2;
        await publisher.publish("a", "text", { qos });
        const message = await client.next("publish");
        expect(message).toMatchObject({ qos, dup: false });
        if (qos === 0) expect(message.packetId).toBe(0);
        else {
          expect(used.has(message.packetId)).toBe(false);
          used.add(message.packetId);
        }
      }
    },
  );

  it("are added to every session with a matching subscription, there or away [MQTT-4.5.0-1]", async () => {
    const broker = await start();
    const here = await broker.connect();
    await here.subscribe({ filter: "a", qos: 1 });
    const away = await broker.connect(session);
    await away.subscribe({ filter: "+", qos: 2 });
    await away.drop();
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    expect(await here.next("publish")).toMatchObject({ qos: 1 });
    expect(await (await broker.connect(session)).next("publish")).toMatchObject({ qos: 2 });
  });

  it("that were answered by PUBACK or a failed PUBREC do not come again [MQTT-4.4.0-2] [MQTT-4.3.2-3] [MQTT-4.3.3-3]", async () => {
    const broker = await start();
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    for (const [text, qos] of [
      ["acknowledged", 1],
      ["refused", 2],
      ["refused by PUBACK", 1],
      ["open 1", 1],
      ["open 2", 2],
    ] as const)
      await publisher.publish("a", text, { qos });
    const [first, second, third] = [
      await client.next("publish"),
      await client.next("publish"),
      await client.next("publish"),
    ];
    client.send("puback", { packetId: first!.packetId });
    client.send("pubrec", { packetId: second!.packetId, reasonCode: 0x97 });
    client.send("puback", { packetId: third!.packetId, reasonCode: 0x83 });
    await broker.idle();
    await client.drop();
    const back = await broker.connect(session);
    for (const text of ["open 1", "open 2"]) expect(await back.next("publish")).toMatchObject({ text, dup: true });
    await back.nothing();
  });

  it("finish their handshake although they have expired meanwhile [MQTT-4.3.3-13] [MQTT-4.3.3-7]", async () => {
    const broker = await start();
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 2 });
    await (await broker.connect()).publish("a", "text", { qos: 2, properties: { messageExpiryInterval: 5 } });
    const { packetId } = await client.next("publish");
    await broker.advance(10_000);
    client.send("pubrec", { packetId });
    expect(await client.next("pubrel")).toMatchObject({ packetId, reasonCode: 0 });
    await broker.advance(10_000);
    client.send("pubcomp", { packetId });
    await client.nothing();
    expect(broker.server.statsManager.population.inflight).toBe(0);
  });

  it("keep their order per topic through the window, the queue and a reconnect [MQTT-4.6.0-5] [MQTT-4.6.0-6]", async () => {
    const broker = await start();
    const options = { ...session, properties: { sessionExpiryInterval: 60, receiveMaximum: 3 } };
    const client = await broker.connect({ ...options, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    for (let number = 0; number < 10; number++) await publisher.publish("a", `m${number}`, { qos: 1 });
    await client.drop();
    for (let number = 10; number < 20; number++) await publisher.publish("a", `m${number}`, { qos: 1 });
    const back = await broker.connect(options);
    await broker.idle();
    const texts = back.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
    expect(texts).toEqual(Array.from({ length: 20 }, (_, number) => `m${number}`));
  });
});

describe.each(stores)("messages from a client, with the $name store", ({ start }) => {
  it("whose QoS 2 was refused free their identifier: the next PUBLISH with it is new [MQTT-4.3.3-9] [MQTT-4.3.3-8]", async () => {
    const hooks: HookWrapper = {
      onMsgArrived: (next) => (client, request) =>
        request.message.topic === "no" ? new MqttError(0x87) : next(client, request),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "#", qos: 2 });
    const client = await broker.connect();
    client.send("publish", { topic: "no", qos: 2, packetId: 5 });
    expect(await client.next("pubrec")).toMatchObject({ packetId: 5, reasonCode: 0x87 });
    client.send("publish", { topic: "yes", qos: 2, packetId: 5, payload: Buffer.from("new") });
    expect(await client.next("pubrec")).toMatchObject({ packetId: 5, reasonCode: 0 });
    expect(await watcher.next("publish")).toMatchObject({ topic: "yes", text: "new" });
  });

  it("are refused with a reason only as far as it fits, in each acknowledgement [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2] [hard case 26]", async () => {
    const refusal = new MqttError(0x87, { reasonString: "r".repeat(20), userProperties: [["k", "v".repeat(40)]] });
    const hooks: HookWrapper = {
      onMsgArrived: () => () => refusal,
      onSubscribe: () => () => refusal,
      onUnsubscribe: () => () => refusal,
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const answers = async (maximumPacketSize: number) => {
      const client = await broker.connect({ properties: { maximumPacketSize } });
      return [
        await client.publish("a", "", { qos: 1 }),
        await client.publish("a", "", { qos: 2 }),
        await client.subscribe("a"),
        await client.unsubscribe("a"),
      ].map((answer) => [answer?.properties?.reasonString?.length, answer?.properties?.userProperties?.length]);
    };
    expect(await answers(200)).toEqual(Array(4).fill([20, 1]));
    expect(await answers(60)).toEqual(Array(4).fill([undefined, 1]));
    expect(await answers(25)).toEqual(Array(4).fill([undefined, undefined]));
  });
});

describe.each(stores)("keep alive without a word of the server, with the $name store", ({ start }) => {
  it("is the client's [MQTT-3.2.2-22]", async () => {
    const broker = await start();
    const client = await broker.connect({ keepAlive: 20 });
    expect(client.connack?.properties?.serverKeepAlive).toBeUndefined();
    await broker.advance(29_900);
    await client.nothing();
    await broker.advance(300);
    await client.disconnected(0x8d);
  });
});
