/** What a stop and a new start leave as it was (architecture.md section 5; MQTT 5.0 section 4.1). */

import type { CrashOptions, RestartOptions, TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores } from "./stores.ts";

const ends: readonly [string, (broker: TestBroker, options?: RestartOptions & CrashOptions) => Promise<void>][] = [
  ["SIGTERM", (broker, options) => broker.restart(options)],
  ["SIGKILL", (broker, options) => broker.crash(options)],
];

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe.each(durableStores)("with the $name store", ({ start }) => {
  describe.each(ends)("after %s", (_, end) => {
    it("subscriptions come back with options and identifiers [hard case 40] [hard case 32]", async () => {
      const broker = await start();
      const first = await broker.connect(session);
      await first.subscribe(
        [
          { filter: "own/#", qos: 2, noLocal: true },
          { filter: "published/+", qos: 1, retainAsPublished: true },
        ],
        { subscriptionIdentifier: 268_435_455 },
      );
      await first.subscribe({ filter: "$share/g/shared", qos: 0 });
      await end(broker);
      const second = await broker.connect(session);
      expect(second.connack?.sessionPresent).toBe(true);
      await second.publish("own/a", "not for me", { qos: 1 });
      const publisher = await broker.connect();
      await publisher.publish("own/a", "for you", { qos: 2 });
      await publisher.publish("published/a", "kept", { qos: 2, retain: true });
      await publisher.publish("shared", "together", { qos: 2 });
      const subscriptionIdentifiers = [268_435_455];
      expect(await second.find("publish", ({ topic }) => topic === "own/a")).toMatchObject({
        text: "for you",
        qos: 2,
        properties: { subscriptionIdentifiers },
      });
      expect(await second.find("publish", ({ topic }) => topic === "published/a")).toMatchObject({
        retain: true,
        qos: 1,
        properties: { subscriptionIdentifiers },
      });
      expect(await second.find("publish", ({ topic }) => topic === "shared")).toMatchObject({ qos: 0 });
      await second.nothing();
    });

    it("unsubscribed stays unsubscribed, and clean start stays clean [hard case 40]", async () => {
      const broker = await start();
      const first = await broker.connect(session);
      await first.subscribe(["a", "b"]);
      await first.unsubscribe("a");
      const other = await broker.connect({ ...session, clientId: "other" });
      await other.subscribe("a");
      await other.drop();
      await (await broker.connect({ ...session, clientId: "other", cleanStart: true })).drop();
      await end(broker);
      const second = await broker.connect(session);
      const cleaned = await broker.connect({ ...session, clientId: "other" });
      const publisher = await broker.connect();
      await publisher.publish("a", "to nobody", { qos: 1 });
      await publisher.publish("b", "to s", { qos: 1 });
      expect(await second.next("publish")).toMatchObject({ topic: "b" });
      await cleaned.nothing();
    });

    it("queued messages come with everything they had, in their order [hard case 40]", async () => {
      const broker = await start();
      const first = await broker.connect(session);
      await first.subscribe({ filter: "a", qos: 2 }, { subscriptionIdentifier: 7 });
      await first.drop();
      const publisher = await broker.connect();
      const properties = {
        payloadFormatIndicator: 0,
        contentType: "bytes",
        responseTopic: "answer",
        correlationData: Buffer.from([0, 255]),
        userProperties: [
          ["b", "1"],
          ["a", "2"],
          ["b", "3"],
        ],
      } as const;
      const payload = Buffer.from([0, 1, 254, 255]);
      for (const qos of [1, 2, 1, 2] as const) await publisher.publish("a", payload, { qos, properties });
      await end(broker);
      const second = await broker.connect(session);
      for (const qos of [1, 2, 1, 2]) {
        expect(await second.next("publish")).toMatchObject({
          qos,
          payload,
          dup: false,
          properties: { ...properties, subscriptionIdentifiers: [7] },
        });
      }
      await second.nothing();
    });

    it("a queue of a thousand comes in its order, in as many pages as it takes [hard case 40]", async () => {
      const broker = await start();
      const first = await broker.connect(session);
      await first.subscribe({ filter: "a", qos: 1 });
      await first.drop();
      const publisher = await broker.connect();
      for (let number = 0; number < 990; number++) {
        publisher.send("publish", { topic: "a", qos: 1, packetId: number + 1, payload: Buffer.from(String(number)) });
        if (number % 90 === 89) await broker.idle();
      }
      await broker.idle();
      await end(broker);
      const second = await broker.connect(session);
      for (let number = 0; number < 990; number++) expect((await second.next("publish")).text).toBe(String(number));
      await second.nothing();
    });

    it("messages on their way out are sent again as far as they were [MQTT-4.4.0-1] [hard case 40] [hard case 21]", async () => {
      const broker = await start();
      const first = await broker.connect({ ...session, autoAck: false });
      await first.subscribe({ filter: "a", qos: 2 });
      const publisher = await broker.connect();
      for (const [index, qos] of ([1, 2, 2, 1] as const).entries()) await publisher.publish("a", `m${index}`, { qos });
      const sent = [];
      for (let count = 0; count < 4; count++) sent.push(await first.next("publish"));
      const ids = sent.map(({ packetId }) => packetId);
      first.send("puback", { packetId: ids[0]! });
      first.send("pubrec", { packetId: ids[1]! });
      await first.next("pubrel");
      await broker.idle();
      await end(broker);
      const second = await broker.connect({ ...session, autoAck: false });
      expect(await second.find("pubrel")).toMatchObject({ packetId: ids[1] });
      expect(await second.find("publish")).toMatchObject({ text: "m2", dup: true, packetId: ids[2], qos: 2 });
      expect(await second.find("publish")).toMatchObject({ text: "m3", dup: true, packetId: ids[3], qos: 1 });
      await second.nothing();
    });

    it("a QoS 2 message taken before is not taken twice [MQTT-4.3.3-10] [hard case 40] [hard case 20]", async () => {
      const broker = await start();
      const watcher = await broker.connect({ ...session, clientId: "watcher" });
      await watcher.subscribe({ filter: "a", qos: 2 });
      const first = await broker.connect(session);
      const message = { topic: "a", qos: 2, packetId: 9, payload: Buffer.from("once") } as const;
      first.send("publish", message);
      await first.next("pubrec");
      expect(await watcher.next("publish")).toMatchObject({ text: "once" });
      await broker.idle();
      await end(broker);
      const again = await broker.connect({ ...session, clientId: "watcher" });
      const second = await broker.connect(session);
      second.send("publish", { ...message, dup: true });
      await second.next("pubrec");
      second.send("pubrel", { packetId: 9 });
      expect(await second.next("pubcomp")).toMatchObject({ reasonCode: 0 });
      await again.nothing();
    });

    it("retained messages come back with their properties and what is left of their expiry [hard case 40]", async () => {
      const broker = await start();
      const publisher = await broker.connect();
      const properties = {
        contentType: "text",
        userProperties: [
          ["b", "1"],
          ["a", "2"],
        ] as const,
      };
      await publisher.publish("kept", "text", {
        qos: 2,
        retain: true,
        properties: { ...properties, messageExpiryInterval: 100 },
      });
      await publisher.publish("short", "text", { qos: 1, retain: true, properties: { messageExpiryInterval: 20 } });
      await publisher.publish("replaced", "old", { qos: 1, retain: true });
      await publisher.publish("replaced", "new", { qos: 1, retain: true });
      await publisher.publish("deleted", "text", { qos: 1, retain: true });
      await publisher.publish("deleted", "", { qos: 1, retain: true });
      await broker.advance(10_000);
      await end(broker, { downtime: 20_000 });
      const client = await broker.connect();
      await client.subscribe({ filter: "#", qos: 2 });
      expect(await client.find("publish", ({ topic }) => topic === "kept")).toMatchObject({
        text: "text",
        qos: 2,
        retain: true,
        properties: { ...properties, messageExpiryInterval: 70 },
      });
      expect(await client.find("publish", ({ topic }) => topic === "replaced")).toMatchObject({ text: "new" });
      await client.nothing();
    });

    it("session expiry counts on while the broker is away [hard case 40] [hard case 37]", async () => {
      const broker = await start();
      const connect = (clientId: string, seconds: number) => ({
        clientId,
        cleanStart: false,
        properties: { sessionExpiryInterval: seconds },
      });
      for (const [clientId, seconds] of [
        ["short", 30],
        ["long", 300],
      ] as const)
        await (await broker.connect(connect(clientId, seconds))).drop();
      await broker.advance(10_000);
      await end(broker, { downtime: 25_000 });
      expect((await broker.connect(connect("short", 30))).connack?.sessionPresent).toBe(false);
      expect((await broker.connect(connect("long", 300))).connack?.sessionPresent).toBe(true);
    });

    it("a session that was connected expires from the end of the broker on [hard case 40]", async () => {
      const broker = await start();
      await broker.connect({ ...session, properties: { sessionExpiryInterval: 30 } });
      await broker.advance(100_000);
      await end(broker, { downtime: 20_000 });
      await broker.advance(5_000);
      const back = await broker.connect({ ...session, properties: { sessionExpiryInterval: 30 } });
      expect(back.connack?.sessionPresent).toBe(true);
    });

    it("a session that ended with its connection is gone [hard case 40]", async () => {
      const broker = await start();
      const client = await broker.connect({ clientId: "brief" });
      await client.subscribe("a");
      await end(broker);
      expect((await broker.connect({ clientId: "brief", cleanStart: false })).connack?.sessionPresent).toBe(false);
    });

    it("a pending will goes out when it is due [hard case 40] [hard case 38]", async () => {
      const broker = await start();
      const watcher = await broker.connect({ ...session, clientId: "watcher" });
      await watcher.subscribe({ filter: "w", qos: 1 });
      const properties = {
        willDelayInterval: 60,
        userProperties: [
          ["b", "1"],
          ["a", "2"],
        ] as const,
      };
      await (await broker.connect({ ...session, will: { topic: "w", payload: "gone", qos: 1, properties } })).drop();
      await broker.advance(10_000);
      await end(broker, { downtime: 20_000 });
      const again = await broker.connect({ ...session, clientId: "watcher" });
      await broker.advance(29_000);
      await again.nothing();
      await broker.advance(1_300);
      expect(await again.next("publish")).toMatchObject({
        text: "gone",
        qos: 1,
        properties: { userProperties: properties.userProperties },
      });
      await broker.advance(100_000);
      await again.nothing();
    });

    it("a pending will whose time came while the broker was away goes out, once [hard case 40]", async () => {
      const broker = await start();
      const watcher = await broker.connect({ ...session, clientId: "watcher" });
      await watcher.subscribe({ filter: "w", qos: 1 });
      await (
        await broker.connect({
          ...session,
          will: { topic: "w", payload: "gone", qos: 1, properties: { willDelayInterval: 10 } },
        })
      ).drop();
      await end(broker, { downtime: 60_000 });
      await broker.advance(1_000);
      const again = await broker.connect({ ...session, clientId: "watcher" });
      expect(await again.next("publish")).toMatchObject({ text: "gone" });
      await broker.idle();
      await end(broker);
      await (await broker.connect({ ...session, clientId: "watcher" })).nothing();
    });

    it("the will of a client that was connected goes out [hard case 40]", async () => {
      const broker = await start();
      const watcher = await broker.connect({ ...session, clientId: "watcher" });
      await watcher.subscribe({ filter: "w", qos: 1 });
      await broker.connect({ clientId: "dying", will: { topic: "w", payload: "gone", qos: 1 } });
      await broker.idle();
      await end(broker);
      await broker.advance(1_000);
      const again = await broker.connect({ ...session, clientId: "watcher" });
      expect(await again.next("publish")).toMatchObject({ text: "gone" });
      await again.nothing();
    });

    it("everything can be done again, and once more", async () => {
      const broker = await start();
      const first = await broker.connect(session);
      await first.subscribe({ filter: "a", qos: 1 });
      for (const text of ["one", "two", "three"]) {
        await end(broker);
        const publisher = await broker.connect();
        await publisher.publish("a", text, { qos: 1 });
      }
      await end(broker);
      const back = await broker.connect(session);
      for (const text of ["one", "two", "three"]) expect(await back.next("publish")).toMatchObject({ text });
      await back.nothing();
    });
  });
});
