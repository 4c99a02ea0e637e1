/** Wills: when they go out, when they don't, and what is in them (MQTT 5.0 sections 3.1.2.5 and 3.1.3.2). */

import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const will = { topic: "will/topic", payload: "gone" } as const;

async function watch(broker: TestBroker): Promise<TestClient> {
  const watcher = await broker.connect({ clientId: "watcher" });
  await watcher.subscribe({ filter: "will/#", qos: 2 });
  return watcher;
}

describe.each(stores)("a will, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "goes out when the connection is lost, in version %s [MQTT-3.1.2-7] [MQTT-3.1.2-8] [hard case 38]",
    async (version) => {
      const broker = await start();
      const watcher = await watch(broker);
      const client = await broker.connect({ version, will });
      await watcher.nothing();
      await client.drop();
      expect(await watcher.next("publish")).toMatchObject({ topic: "will/topic", text: "gone", qos: 0, retain: false });
      await watcher.nothing();
    },
  );

  it.each([3, 4, 5] as const)(
    "is dropped by a normal DISCONNECT, in version %s [MQTT-3.14.4-3] [hard case 38]",
    async (version) => {
      const broker = await start();
      const watcher = await watch(broker);
      await (await broker.connect({ version, will })).disconnect();
      await broker.advance(60_000);
      await watcher.nothing();
    },
  );

  it.each([0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99] as const)(
    "goes out after a DISCONNECT of the client with reason code %s [hard case 38]",
    async (reasonCode) => {
      const broker = await start();
      const watcher = await watch(broker);
      await (await broker.connect({ will })).disconnect({ reasonCode });
      expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    },
  );

  it("goes out after a protocol error and after keep alive [MQTT-3.1.2-8] [hard case 38] [hard case 39]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    const wrong = await broker.connect({ will: { ...will, payload: "error" } });
    wrong.sendBytes("00 00");
    await wrong.find("disconnect");
    expect(await watcher.next("publish")).toMatchObject({ text: "error" });
    await broker.connect({ will: { ...will, payload: "silence" }, keepAlive: 10 });
    await broker.advance(15_200);
    expect(await watcher.next("publish")).toMatchObject({ text: "silence" });
  });

  it("goes out when the operator ends the connection or the session [MQTT-3.1.2-8] [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    const properties = { sessionExpiryInterval: 600 };
    const clients = () => broker.server.clientService;
    const kicked = await broker.connect({ clientId: "kicked", will: { ...will, payload: "kicked" } });
    clients().getClient("kicked")?.disconnect();
    await kicked.disconnected(0x98);
    expect(await watcher.next("publish")).toMatchObject({ text: "kicked" });
    const cut = await broker.connect({ clientId: "cut", will: { ...will, payload: "cut" } });
    clients().getClient("cut")?.close();
    await cut.closed();
    expect(await watcher.next("publish")).toMatchObject({ text: "cut" });
    const delayed = { ...will, payload: "ended", properties: { willDelayInterval: 60 } };
    await (await broker.connect({ clientId: "ended", properties, will: delayed })).drop();
    await watcher.nothing();
    expect(clients().terminateSession("ended")).toBe(true);
    expect(await watcher.next("publish")).toMatchObject({ text: "ended" });
  });

  it.each([0, 1, 2] as const)(
    "has QoS %s and everything else that was asked for [MQTT-3.1.3-10] [MQTT-3.3.2-20] [hard case 38]",
    async (qos) => {
      const broker = await start();
      const watcher = await watch(broker);
      const properties = {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 100,
        contentType: "text/plain",
        responseTopic: "answer",
        correlationData: Buffer.from([0, 255]),
        userProperties: [
          ["a", "1"],
          ["b", "2"],
          ["a", "3"],
        ],
      } as const;
      const client = await broker.connect({
        will: { ...will, qos, properties: { ...properties, willDelayInterval: 0 } },
      });
      await client.drop();
      const publish = await watcher.next("publish");
      expect(publish).toMatchObject({ qos, text: "gone", properties });
      expect(publish.properties).not.toHaveProperty("willDelayInterval");
    },
  );

  it("may be empty", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ will: { topic: "will/empty" } })).drop();
    expect(await watcher.next("publish")).toMatchObject({ topic: "will/empty", text: "" });
  });

  it("is retained when it is to be, and not otherwise [MQTT-3.1.2-14] [MQTT-3.1.2-15] [hard case 30]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ will: { ...will, retain: true } })).drop();
    expect(await watcher.next("publish")).toMatchObject({ retain: false, text: "gone" });
    await (await broker.connect({ will: { ...will, topic: "will/other" } })).drop();
    await watcher.next("publish");
    const late = await broker.connect();
    await late.subscribe("will/#");
    expect(await late.find("publish")).toMatchObject({ topic: "will/topic", retain: true, text: "gone" });
    await late.nothing();
  });

  it("clears the retained message when it is retained and empty", async () => {
    const broker = await start();
    const client = await broker.connect({ will: { topic: "will/topic", retain: true } });
    await client.publish("will/topic", "here", { qos: 1, retain: true });
    await client.drop();
    const late = await broker.connect();
    await late.subscribe("will/#");
    await late.nothing();
  });

  it("goes out once, and belongs to no later connection [MQTT-3.1.2-10]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    const options = { clientId: "dying", cleanStart: false, properties: { sessionExpiryInterval: 600 } };
    await (await broker.connect({ ...options, will })).drop();
    await watcher.next("publish");
    await (await broker.connect(options)).drop();
    await broker.advance(700_000);
    await watcher.nothing();
  });

  it("is refused when its topic is no topic name", async () => {
    const broker = await start();
    for (const topic of ["a/+", "#", ""]) {
      const connack = await broker.refused({ will: { topic } });
      if (connack !== undefined) expect([0x81, 0x82, 0x90]).toContain(connack.reasonCode);
    }
  });
});

describe.each(stores)("a will with a delay, with the $name store", ({ start }) => {
  const delayed = (seconds: number) => ({ ...will, properties: { willDelayInterval: seconds } });
  const session = (seconds: number) => ({
    clientId: "dying",
    cleanStart: false,
    properties: { sessionExpiryInterval: seconds },
  });

  it("goes out after the delay, not before [MQTT-3.1.2-8] [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ ...session(600), will: delayed(20) })).drop();
    await broker.advance(19_900);
    await watcher.nothing();
    await broker.advance(300);
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
  });

  it("goes out at the end of the session when that is first [MQTT-3.1.2-8] [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ ...session(5), will: delayed(600) })).drop();
    await broker.advance(4_900);
    await watcher.nothing();
    await broker.advance(1_100);
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    await broker.advance(700_000);
    await watcher.nothing();
  });

  it("goes out at once when the session ends with the connection [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ will: delayed(600) })).drop();
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
  });

  it("is cancelled when the client is back in time [MQTT-3.1.3-9] [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ ...session(600), will: delayed(20) })).drop();
    await broker.advance(10_000);
    const back = await broker.connect(session(600));
    expect(back.connack?.sessionPresent).toBe(true);
    await broker.advance(60_000);
    await watcher.nothing();
  });

  it("goes out at once when a clean start ends the session [MQTT-3.1.3-9] [hard case 38]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ ...session(600), will: delayed(20) })).drop();
    await broker.advance(10_000);
    await broker.connect({ ...session(600), cleanStart: true });
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    await broker.advance(60_000);
    await watcher.nothing();
  });

  it("starts its delay anew when the client is lost again", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    await (await broker.connect({ ...session(600), will: delayed(20) })).drop();
    await broker.advance(15_000);
    await (await broker.connect({ ...session(600), will: { ...delayed(20), payload: "again" } })).drop();
    await broker.advance(15_000);
    await watcher.nothing();
    await broker.advance(5_300);
    expect(await watcher.next("publish")).toMatchObject({ text: "again" });
  });

  it.each([
    ["goes out when the delay is 0", 0, 600, false, true],
    ["is cancelled when the new connection resumes within the delay", 20, 600, false, false],
    ["goes out when the new connection starts clean", 20, 600, true, true],
    ["goes out when the old session ends with its connection", 20, 0, false, true],
  ] as const)(
    "at a takeover it %s [MQTT-3.1.4-3] [hard case 38] [hard case 10]",
    async (_, delay, expiry, cleanStart, expected) => {
      const broker = await start();
      const watcher = await watch(broker);
      const old = await broker.connect({ ...session(expiry), will: delayed(delay) });
      await broker.connect({ ...session(600), cleanStart });
      await old.disconnected(0x8e);
      if (expected) expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
      await broker.advance(60_000);
      await watcher.nothing();
    },
  );

  it("counts its message expiry from when it goes out [hard case 28]", async () => {
    const broker = await start();
    const watcher = await watch(broker);
    const properties = { willDelayInterval: 20, messageExpiryInterval: 10 };
    await (await broker.connect({ ...session(600), will: { ...will, properties } })).drop();
    await broker.advance(20_300);
    expect((await watcher.next("publish")).properties?.messageExpiryInterval).toBe(10);
  });
});
