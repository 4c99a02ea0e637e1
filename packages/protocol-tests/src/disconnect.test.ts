/** DISCONNECT from the client (MQTT 5.0 section 3.14). */

import type { HookWrapper } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

describe.each(stores)("DISCONNECT, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "closes promptly, also when the client keeps its side open, in version %s [MQTT-3.14.4-1] [hard case 19]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version, allowHalfOpen: true });
      client.send("disconnect");
      await client.closed();
      expect(client.received.map(({ type }) => type)).toEqual([2]);
    },
  );

  it.each([
    ["e0 00", "no body"],
    ["e0 01 00", "a code"],
    ["e0 02 00 00", "a code and no properties"],
    ["e0 07 00 05 11 00 00 00 05", "a session expiry interval"],
  ])("is read as %s: %s", async (bytes) => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("w");
    const client = await broker.connect({ will: { topic: "w" }, properties: { sessionExpiryInterval: 60 } });
    client.sendBytes(bytes);
    await client.closed();
    await watcher.nothing();
  });

  it.each([0x01, 0x02, 0x03, 0x10, 0x18, 0x7f, 0x86, 0x87, 0x88, 0x8b, 0x8d, 0x8e, 0x9c, 0xa0, 0xfe])(
    "with reason code %s is an error: not the client's to send [hard case 19]",
    async (code) => {
      const broker = await start();
      const watcher = await broker.connect();
      await watcher.subscribe("w");
      const client = await broker.connect({ will: { topic: "w", payload: "gone" } });
      client.sendBytes(Buffer.of(0xe0, 1, code));
      await broker.idle();
      expect(client.ended).toBe(true);
      // Whatever it meant, it was no normal end.
      expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    },
  );

  it("counts behind a message that a hook is asked about, also when the connection is finished meanwhile [MQTT-3.14.4-3]", async () => {
    let answer = (): void => {};
    const asked: HookWrapper = {
      onMsgArrived: (next) => async (client, request) => {
        if (request.message.topic === "1") await new Promise<void>((resolve) => (answer = resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(asked)] });
    const watcher = await broker.connect();
    await watcher.subscribe("#");
    const client = await broker.connect({ will: { topic: "w" }, allowHalfOpen: true });
    for (const topic of ["1", "2", "3"]) client.send("publish", { topic });
    client.send("disconnect");
    client.end();
    await broker.idle();
    answer();
    for (const topic of ["1", "2", "3"]) expect(await watcher.next("publish")).toMatchObject({ topic });
    await client.closed();
    await watcher.nothing();
  });

  it("ends the reading: what comes behind it has no effect", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const client = await broker.connect();
    client.sendBytes("e0 00 30 04 00 01 61 78");
    await client.closed();
    await watcher.nothing();
  });
});
