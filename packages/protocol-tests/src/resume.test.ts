/** What is sent again when a client is back, and in which order (MQTT 5.0 section 4.4). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("after a reconnect, with the $name store", ({ start }) => {
  const session = (version: 4 | 5) =>
    ({
      version,
      clientId: "s",
      cleanStart: false,
      autoAck: false,
      properties: { sessionExpiryInterval: 600 },
    }) as const;

  it.each([4, 5] as const)(
    "unacknowledged messages come again with DUP and their identifiers, unreleased PUBRELs too, in the old order, before anything new, in version %s [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] [hard case 21]",
    async (version) => {
      const broker = await start();
      const first = await broker.connect(session(version));
      await first.subscribe({ filter: "a", qos: 2 });
      const publisher = await broker.connect();
      const qos = [1, 2, 2, 1, 2] as const;
      for (const [index, of] of qos.entries()) await publisher.publish("a", `m${index}`, { qos: of });
      const sent = [];
      for (let count = 0; count < 5; count++) sent.push(await first.next("publish"));
      // m1 gets as far as PUBREL, m3 is done.
      first.send("pubrec", { packetId: sent[1]!.packetId });
      await first.next("pubrel");
      first.send("puback", { packetId: sent[3]!.packetId });
      await broker.idle();
      await first.drop();
      await publisher.publish("a", "new", { qos: 1 });

      const second = await broker.connect(session(version));
      const came = [];
      for (let count = 0; count < 5; count++) {
        await broker.idle();
        const packet = second.unread[0]!;
        came.push(packet.type === 6 ? await second.next("pubrel") : await second.next("publish"));
      }
      await second.nothing();
      const described = came.map((packet) =>
        packet.type === 6 ? ["pubrel", packet.packetId] : [packet.text, packet.packetId, packet.dup, packet.qos],
      );
      // Publishes keep their order among themselves, and so do PUBRELs; what is new comes last.
      expect(described.filter(([name]) => name === "pubrel")).toEqual([["pubrel", sent[1]!.packetId]]);
      expect(described.filter(([name]) => name !== "pubrel").slice(0, 3)).toEqual([
        ["m0", sent[0]!.packetId, true, 1],
        ["m2", sent[2]!.packetId, true, 2],
        ["m4", sent[4]!.packetId, true, 2],
      ]);
      expect(described[4]).toMatchObject({ 0: "new", 2: false });
      expect(sent.map(({ packetId }) => packetId)).not.toContain(described[4]![1]);
    },
  );

  it("come again as often as it takes, and no more once acknowledged [hard case 21]", async () => {
    const broker = await start();
    const first = await broker.connect(session(5));
    await first.subscribe({ filter: "a", qos: 1 });
    await (await broker.connect()).publish("a", "text", { qos: 1 });
    const { packetId } = await first.next("publish");
    let client = first;
    for (let round = 0; round < 5; round++) {
      await client.drop();
      client = await broker.connect(session(5));
      expect(await client.next("publish")).toMatchObject({ packetId, dup: true });
    }
    client.send("puback", { packetId });
    await client.nothing();
    await client.drop();
    await (await broker.connect(session(5))).nothing();
  });

  it("nothing is sent again while the connection holds [MQTT-4.4.0-1]", async () => {
    const broker = await start();
    const client = await broker.connect(session(5));
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    await publisher.publish("a", "one", { qos: 1 });
    await publisher.publish("a", "two", { qos: 2 });
    await client.next("publish");
    await client.next("publish");
    client.stayAlive(broker.clock, 60);
    await broker.advance(3_600_000);
    await client.nothing();
  });

  it("the PUBLISH of a message that reached PUBREL never comes again [MQTT-4.3.3-5] [hard case 21]", async () => {
    const broker = await start();
    const first = await broker.connect(session(5));
    await first.subscribe({ filter: "a", qos: 2 });
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    const { packetId } = await first.next("publish");
    first.send("pubrec", { packetId });
    await first.next("pubrel");
    await first.drop();
    const second = await broker.connect(session(5));
    expect(await second.next("pubrel")).toMatchObject({ packetId });
    await second.nothing();
    second.send("pubcomp", { packetId });
    await broker.idle();
    await second.drop();
    await (await broker.connect(session(5))).nothing();
  });

  it("what was queued comes in order, however long the queue [MQTT-4.6.0-5] [hard case 21]", async () => {
    const broker = await start();
    const first = await broker.connect(session(5));
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    const publisher = await broker.connect();
    for (let number = 0; number < 900; number++) {
      publisher.send("publish", { topic: "a", qos: 1, packetId: number + 1, payload: Buffer.from(String(number)) });
      if (number % 90 === 89) await broker.idle();
    }
    const second = await broker.connect({ ...session(5), autoAck: true });
    for (let number = 0; number < 900; number++) {
      expect(await second.next("publish")).toMatchObject({ text: String(number), dup: false });
    }
    await second.nothing();
  });

  it("respects the receive maximum of the new connection [MQTT-3.3.4-9] [hard case 24]", async () => {
    const broker = await start();
    const first = await broker.connect(session(5));
    await first.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    for (let number = 0; number < 5; number++) await publisher.publish("a", String(number), { qos: 1 });
    for (let number = 0; number < 5; number++) await first.next("publish");
    await first.drop();
    const second = await broker.connect({
      ...session(5),
      properties: { sessionExpiryInterval: 600, receiveMaximum: 2 },
    });
    for (let number = 0; number < 5; number++) {
      const publish = await second.next("publish");
      expect(publish).toMatchObject({ text: String(number), dup: true });
      expect(second.unread.length).toBeLessThanOrEqual(1);
      second.send("puback", { packetId: publish.packetId });
    }
    await second.nothing();
  });

  it("nothing is left after a clean start", async () => {
    const broker = await start();
    const first = await broker.connect(session(5));
    await first.subscribe({ filter: "a", qos: 2 });
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    const { packetId } = await first.next("publish");
    first.send("pubrec", { packetId });
    await first.next("pubrel");
    await first.drop();
    await (await broker.connect({ ...session(5), cleanStart: true })).nothing();
  });
});
