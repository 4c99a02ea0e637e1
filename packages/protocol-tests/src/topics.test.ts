/** Topic names and filters: levels, wildcards, `$` topics, lengths (MQTT 5.0 section 4.7). */

import { describe, expect, it } from "vitest";
import { frame, string } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("topic filters, with the $name store", ({ start }) => {
  it.each([
    ["#", ["a", "a/b", "/a", "/", "a//b"], ["$a", "$SYS2/a"]],
    ["+", ["a", "b"], ["a/b", "/a", "$a", "/"]],
    ["+/+", ["a/b", "/a", "a/", "/"], ["a", "a/b/c", "$a/b"]],
    ["/+", ["/a", "/"], ["a", "a/b"]],
    ["/#", ["/", "/a", "/a/b"], ["a", "a/"]],
    ["+/", ["a/", "/"], ["a", "a/b"]],
    ["sport/#", ["sport", "sport/", "sport/a/b"], ["sports", "Sport", "/sport"]],
    ["sport/+", ["sport/", "sport/a"], ["sport", "sport/a/b"]],
    ["+/a/#", ["b/a", "b/a/c", "/a"], ["$b/a", "b", "b/b"]],
    ["a/+/c", ["a/b/c", "a//c", "a/$/c"], ["a/c", "a/b/b/c"]],
    ["a/+/+/#", ["a/b/c", "a/b/c/d", "a///"], ["a/b", "a"]],
    ["$a/#", ["$a", "$a/b"], ["a", "a/b"]],
    ["$a/+", ["$a/b", "$a/"], ["$a"]],
    ["a//b", ["a//b"], ["a/b", "a///b"]],
    ["/", ["/"], ["a", "//"]],
    ["a", ["a"], ["A", "a ", " a", "a/"]],
  ])(
    "%s matches what it is to and nothing else [MQTT-3.3.2-3] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT-4.7.3-4]",
    async (filter, yes, no) => {
      const broker = await start();
      const client = await broker.connect();
      expect((await client.subscribe(filter)).reasonCodes).toEqual([0]);
      const publisher = await broker.connect();
      for (const topic of [...no, ...yes]) await publisher.publish(topic, "live", { retain: true });
      await broker.idle();
      expect(client.unread.map((packet) => (packet.type === 3 ? packet.topic : packet.type))).toEqual(yes);
      // The retained messages are found the other way round: topics for a filter.
      const late = await broker.connect();
      await late.subscribe(filter);
      await broker.idle();
      const retained = late.unread.map((packet) => (packet.type === 3 ? packet.topic : ""));
      expect(retained.sort()).toEqual([...yes].sort());
    },
  );

  it("are compared byte by byte: no case folding, normalization or trimming, U+FEFF kept [MQTT-4.7.3-4] [MQTT-1.5.4-3] [hard case 17]", async () => {
    const broker = await start();
    const names = [
      "\u00e9",
      "e\u0301",
      "\ufeffa",
      "a",
      "\u212b",
      "\u00c5",
      "a\u00a0",
      "\u{1f600}",
      "\u{1f600}\u{1f600}",
    ];
    const publisher = await broker.connect();
    for (const name of names) {
      const client = await broker.connect();
      await client.subscribe(name);
      for (const topic of names) await publisher.publish(topic, topic);
      expect(await client.next("publish")).toMatchObject({ topic: name, text: name });
      await client.nothing();
    }
  });

  it.each([4, 5] as const)("and topics of 65,535 bytes work, in version %s [MQTT-4.7.3-3]", async (version) => {
    const broker = await start();
    const client = await broker.connect({ version });
    const long = `${"x".repeat(65_530)}/\u{1f600}`;
    expect(Buffer.byteLength(long)).toBe(65_535);
    expect((await client.subscribe({ filter: long, qos: 1 })).reasonCodes).toEqual([1]);
    const publisher = await broker.connect({ version });
    for (const qos of [0, 1] as const) {
      await publisher.publish(long, "text", { qos, retain: true });
      const { topic, text } = await client.next("publish");
      expect(topic === long).toBe(true);
      expect(text).toBe("text");
    }
    const late = await broker.connect({ version });
    await late.subscribe("+/+");
    expect((await late.next("publish")).topic === long).toBe(true);
  });

  it("may have as many levels as are allowed, all of them empty", async () => {
    const broker = await start();
    const client = await broker.connect();
    const slashes = "/".repeat(127);
    await client.subscribe([slashes, "#"]);
    await (await broker.connect()).publish(slashes, "text", { qos: 1 });
    expect(await client.next("publish")).toMatchObject({ topic: slashes });
    await client.nothing();
  });
});

describe.each(stores)("topic names in PUBLISH, with the $name store", ({ start }) => {
  it.each([4, 5] as const)(
    "with a wildcard, empty or with U+0000 close the connection, in version %s [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-1.5.4-2]",
    async (version) => {
      const broker = await start();
      const watcher = await broker.connect();
      await watcher.subscribe("#");
      for (const topic of ["a/+", "+", "#", "a/#", "a#", "", "a\0b"]) {
        const client = await broker.connect({ version });
        client.sendBytes(frame(0x30, string(topic), ...(version === 5 ? [0] : []), "78"));
        await broker.idle();
        if (version === 5) {
          const { reasonCode } = await client.next("disconnect");
          expect([0x81, 0x82, 0x90], JSON.stringify(topic)).toContain(reasonCode);
        }
        await client.closed();
      }
      await watcher.nothing();
    },
  );

  it("below $SYS are the server's: refused at QoS 1 and 2 by 0x87, dropped at QoS 0", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("$SYS/#");
    const client = await broker.connect();
    for (const qos of [1, 2] as const)
      expect(await client.publish("$SYS/broker/uptime", "no", { qos, retain: true })).toMatchObject({
        reasonCode: 0x87,
      });
    await client.publish("$SYS/a", "no");
    await watcher.nothing();
    await client.ping();
  });

  it("that begin with another $ are anybody's, but no wildcard finds them [MQTT-4.7.2-1] [hard case 33]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe(["#", "+/a", "+/#", "$own/a", "$own/#"]);
    const client = await broker.connect();
    await client.publish("$own/a", "text", { qos: 1 });
    await client.publish("$other/a", "text", { qos: 1 });
    expect(await watcher.next("publish")).toMatchObject({ topic: "$own/a" });
    await watcher.nothing();
  });
});
