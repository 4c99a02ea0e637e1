/** QoS 1 and 2 in both directions while the connection holds (MQTT 5.0 section 4.3). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("QoS 2 from the client, with the $name store", ({ start }) => {
  it("takes the same identifier before PUBREL again and delivers once [MQTT-4.3.3-10] [MQTT-4.3.3-12] [hard case 20]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a", qos: 2 });
    const client = await broker.connect();
    const message = { topic: "a", qos: 2, packetId: 5, payload: Buffer.from("once") } as const;
    client.send("publish", message);
    expect(await client.next("pubrec")).toMatchObject({ packetId: 5 });
    client.send("publish", { ...message, dup: true });
    expect(await client.next("pubrec")).toMatchObject({ packetId: 5 });
    client.send("pubrel", { packetId: 5 });
    expect(await client.next("pubcomp")).toMatchObject({ packetId: 5, reasonCode: 0 });
    expect(await watcher.next("publish")).toMatchObject({ text: "once" });
    await watcher.nothing();
  });

  it("takes the identifier for a new message after PUBCOMP [hard case 20]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a", qos: 2 });
    const client = await broker.connect();
    for (const text of ["one", "two"]) {
      await client.publish("a", text, { qos: 2, packetId: 5 });
      expect(await watcher.next("publish")).toMatchObject({ text });
    }
  });

  it("answers a PUBREL for an unknown identifier: 5.0 by PUBCOMP 0x92, 3.1.1 by PUBCOMP [MQTT-4.3.3-11] [hard case 20]", async () => {
    const broker = await start();
    const client = await broker.connect();
    client.send("pubrel", { packetId: 77 });
    expect(await client.next("pubcomp")).toMatchObject({ packetId: 77, reasonCode: 0x92 });
    const old = await broker.connect({ version: 4 });
    old.send("pubrel", { packetId: 77 });
    expect(await old.next("pubcomp")).toMatchObject({ packetId: 77 });
  });

  it.each([4, 5] as const)(
    "goes on after a reconnect between PUBREC and PUBREL, in version %s [MQTT-4.1.0-1] [hard case 20]",
    async (version) => {
      const broker = await start();
      const watcher = await broker.connect();
      await watcher.subscribe({ filter: "a", qos: 2 });
      const options = { version, clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;
      const message = { topic: "a", qos: 2, packetId: 5, payload: Buffer.from("once") } as const;
      const first = await broker.connect(options);
      first.send("publish", message);
      await first.next("pubrec");
      await first.drop();
      const second = await broker.connect(options);
      second.send("publish", { ...message, dup: true });
      await second.next("pubrec");
      second.send("pubrel", { packetId: 5 });
      await second.next("pubcomp");
      await second.drop();
      // The PUBCOMP was lost: the client sends PUBREL once more.
      const third = await broker.connect(options);
      third.send("pubrel", { packetId: 5 });
      expect(await third.next("pubcomp")).toMatchObject({ packetId: 5 });
      expect(await watcher.next("publish")).toMatchObject({ text: "once" });
      await watcher.nothing();
    },
  );

  it("delivers once, also when the PUBREC was lost [hard case 20]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a", qos: 2 });
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const message = { topic: "a", qos: 2, packetId: 5, payload: Buffer.from("once") } as const;
    const first = await broker.connect(options);
    first.freeze();
    first.send("publish", message);
    await broker.idle();
    await first.drop();
    const second = await broker.connect(options);
    second.send("publish", { ...message, dup: true });
    await second.next("pubrec");
    second.send("pubrel", { packetId: 5 });
    await second.next("pubcomp");
    expect(await watcher.next("publish")).toMatchObject({ text: "once" });
    await watcher.nothing();
  });

  it("forgets the identifiers with the session", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a", qos: 2 });
    const message = { topic: "a", qos: 2, packetId: 5, payload: Buffer.from("x") } as const;
    const first = await broker.connect({ clientId: "s" });
    first.send("publish", message);
    await first.next("pubrec");
    await first.drop();
    const second = await broker.connect({ clientId: "s" });
    second.send("publish", message);
    await second.next("pubrec");
    await watcher.next("publish");
    await watcher.next("publish");
  });
});

describe.each(stores)("QoS 1 from the client, with the $name store", ({ start }) => {
  it("is acknowledged with its identifier, and taken anew with every PUBLISH [MQTT-4.3.2-4] [MQTT-4.3.2-5]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a", qos: 1 });
    const client = await broker.connect();
    for (const dup of [false, true]) {
      expect(await client.publish("a", "text", { qos: 1, packetId: 65_535, dup })).toMatchObject({ packetId: 65_535 });
      expect(await watcher.next("publish")).toMatchObject({ dup: false, qos: 1 });
    }
  });

  it("is acknowledged in the order of the messages [MQTT-4.6.0-2] [MQTT-4.6.0-3]", async () => {
    const broker = await start();
    const client = await broker.connect();
    for (let packetId = 1; packetId <= 50; packetId++) {
      client.send("publish", { topic: "a", qos: packetId % 2 === 0 ? 1 : 2, packetId });
    }
    for (let packetId = 1; packetId <= 50; packetId++) {
      expect(await client.next(packetId % 2 === 0 ? "puback" : "pubrec")).toMatchObject({ packetId });
    }
  });
});

describe.each(stores)("QoS 1 and 2 to the client, with the $name store", ({ start }) => {
  it.each([
    [0, 0, 0],
    [0, 2, 0],
    [1, 0, 0],
    [1, 1, 1],
    [1, 2, 1],
    [2, 0, 0],
    [2, 1, 1],
    [2, 2, 2],
  ] as const)(
    "published with %s and granted %s goes out with %s [MQTT-3.8.4-8]",
    async (published, granted, delivered) => {
      const broker = await start();
      const watcher = await broker.connect();
      await watcher.subscribe({ filter: "a", qos: granted });
      await (await broker.connect()).publish("a", "text", { qos: published });
      expect(await watcher.next("publish")).toMatchObject({ qos: delivered, dup: false });
      await watcher.nothing();
    },
  );

  it("sends PUBREL after PUBREC and nothing more after PUBCOMP [MQTT-4.3.3-4] [MQTT-4.3.3-6]", async () => {
    const broker = await start();
    const watcher = await broker.connect({ autoAck: false });
    await watcher.subscribe({ filter: "a", qos: 2 });
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    const { packetId } = await watcher.next("publish");
    await watcher.nothing();
    watcher.send("pubrec", { packetId });
    expect(await watcher.next("pubrel")).toMatchObject({ packetId, reasonCode: 0 });
    watcher.send("pubcomp", { packetId });
    await watcher.nothing();
  });

  it("ends the exchange on a PUBREC with an error: no PUBREL, the window opens [MQTT-4.3.3-4] [hard case 22]", async () => {
    const broker = await start();
    const watcher = await broker.connect({
      autoAck: false,
      properties: { receiveMaximum: 1, sessionExpiryInterval: 60 },
      clientId: "s",
    });
    await watcher.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    for (const text of ["refused", "next"]) await publisher.publish("a", text, { qos: 2 });
    const first = await watcher.next("publish");
    await watcher.nothing();
    watcher.send("pubrec", { packetId: first.packetId, reasonCode: 0x83 });
    const next = await watcher.next("publish");
    expect(next).toMatchObject({ text: "next" });
    watcher.send("pubrec", { packetId: next.packetId });
    await watcher.next("pubrel");
    watcher.send("pubcomp", { packetId: next.packetId });
    await watcher.drop();
    // Neither comes again.
    const back = await broker.connect({ clientId: "s", cleanStart: false });
    await back.nothing();
  });

  it("answers a PUBREC for an unknown identifier by PUBREL 0x92", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false });
    client.send("pubrec", { packetId: 99 });
    expect(await client.next("pubrel")).toMatchObject({ packetId: 99, reasonCode: 0x92 });
  });

  it("ignores PUBACK and PUBCOMP for unknown identifiers", async () => {
    const broker = await start();
    const client = await broker.connect();
    client.send("puback", { packetId: 99 });
    client.send("pubcomp", { packetId: 99 });
    await client.ping();
  });

  it("keeps the order of messages of one publisher, topic and QoS [MQTT-4.6.0-5]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "a/+", qos: 2 });
    const publisher = await broker.connect();
    for (let number = 0; number < 200; number++) {
      publisher.send("publish", {
        topic: `a/${number % 3}`,
        qos: 1,
        packetId: number + 1,
        payload: Buffer.from(String(number)),
      });
      if (number % 50 === 49) await broker.idle();
    }
    for (let number = 0; number < 200; number++) expect((await watcher.next("publish")).text).toBe(String(number));
  });

  it("reuses packet identifiers only when they are free, round and round [MQTT-2.2.1-3] [MQTT-2.2.1-4]", async () => {
    const broker = await start();
    const watcher = await broker.connect({ autoAck: false });
    await watcher.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await publisher.publish("a", "held", { qos: 1 });
    const held = await watcher.next("publish");
    watcher.autoAck = true;
    const seen = new Set<number>();
    for (let round = 0; round < 720; round++) {
      for (let packetId = 1; packetId <= 95; packetId++) publisher.send("publish", { topic: "a", qos: 1, packetId });
      for (let count = 0; count < 95; count++) {
        const { packetId } = await watcher.next("publish");
        expect(packetId).not.toBe(held.packetId);
        seen.add(packetId);
      }
      await broker.idle();
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(65_535);
    watcher.send("puback", { packetId: held.packetId });
    await watcher.nothing();
  });
});

describe.each(stores)("3.1, with the $name store", ({ start }) => {
  it("may repeat PUBREL, SUBSCRIBE and UNSUBSCRIBE with DUP, which 3.1.1 may not", async () => {
    const broker = await start();
    const old = await broker.connect({ version: 3 });
    old.send("publish", { topic: "a", qos: 2, packetId: 4 });
    await old.next("pubrec");
    old.sendBytes("6a 02 00 04");
    await old.next("pubcomp");
    old.sendBytes("8a 06 00 05 00 01 61 00");
    await old.next("suback");
    old.sendBytes("aa 05 00 06 00 01 61");
    await old.next("unsuback");
    const strict = await broker.connect({ version: 4 });
    strict.sendBytes("6a 02 00 04");
    await strict.closed();
  });
});

describe.each(stores)("acknowledgements in their three forms, with the $name store", ({ start }) => {
  const reasonString = "05 1f 00 02 68 69";

  it.each([
    ["two bytes", "", ""],
    ["with a code", "00", ""],
    ["with a code and no properties", "00 00", ""],
    ["with a code and properties", "00", reasonString],
  ])("are read on every path: %s [MQTT-3.4.2-1] [hard case 23]", async (_, code, properties) => {
    const form = (type: number, packetId: number, flags = 0) => {
      const body = Buffer.from(
        `${packetId.toString(16).padStart(4, "0")}${code}${properties}`.replaceAll(" ", ""),
        "hex",
      );
      return Buffer.concat([Buffer.of((type << 4) | flags, body.length), body]);
    };
    const broker = await start();
    const client = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    await publisher.publish("a", "one", { qos: 1 });
    await publisher.publish("a", "two", { qos: 2 });
    await publisher.publish("a", "three", { qos: 0 });
    const first = await client.find("publish", ({ qos }) => qos === 1);
    client.sendBytes(form(4, first.packetId));
    const second = await client.find("publish", ({ qos }) => qos === 2);
    client.sendBytes(form(5, second.packetId));
    await client.find("pubrel", ({ packetId }) => packetId === second.packetId);
    client.sendBytes(form(7, second.packetId));
    client.send("publish", { topic: "b", qos: 2, packetId: 8 });
    await client.find("pubrec");
    client.sendBytes(form(6, 8, 2));
    expect(await client.find("pubcomp")).toMatchObject({ packetId: 8, reasonCode: 0 });
  });
});
