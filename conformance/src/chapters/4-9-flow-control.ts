/** Chapter 4.9: flow control. */

import { ack, pingreq } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { LASTING, subscriber } from "./common.ts";

export const flowControl: TestCase[] = chapter("4.9 Flow control", (test) => {
  test("has a window of one with Receive Maximum 1", { v5: "4.9.0-1 3.3.4-9" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const publisher = await t.connect();
    for (let index = 0; index < 4; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 + (index % 2) });
    await client.ping();
    t.equal(
      client.inbox.map(({ text }) => text),
      ["0"],
      "messages at first",
    );
    t.equal(
      (await client.messages(4)).map(({ text }) => text),
      ["0", "1", "2", "3"],
      "messages in all",
    );
  });

  test("gives back by PUBACK, PUBCOMP with any code, and a refusing PUBREC", { v5: "4.9.0-2 3.3.4-9" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const publisher = await t.connect();
    for (let index = 0; index < 5; index++) await publisher.publish(t.topic, `${index}`, { qos: index === 0 ? 1 : 2 });
    client.send(ack(0x40, (await client.take("publish")).id, 0x83));
    const one = await client.take("publish");
    client.send(ack(0x50, one.id));
    await client.take("pubrel");
    await client.ping();
    t.equal(client.inbox.length, 0, "messages after PUBREC");
    client.send(ack(0x70, one.id, 0x92));
    client.send(ack(0x50, (await client.take("publish")).id, 0x97));
    t.equal(
      (await client.messages(2)).map(({ text }) => text),
      ["3", "4"],
      "messages",
    );
  });

  test("does not widen the window for idle acknowledgements", { v5: "4.9.0-2" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 2 });
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 1 });
    const first = await client.take("publish");
    for (let index = 0; index < 5; index++) client.send(ack(0x40, first.id));
    for (let index = 0; index < 6; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
    await client.ping();
    t.equal(client.inbox.length, 2, "messages with the window full");
  });

  test("starts anew on every connection, and counts what is sent again", { v5: "4.9.0-2 4.9.0-1" }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id, receiveMaximum: 5 });
    const publisher = await t.connect();
    for (let index = 0; index < 8; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
    for (let index = 0; index < 5; index++) await first.take("publish");
    await first.drop();
    // The conversation refuses a third unacknowledged one.
    const second = await t.connect({ ...LASTING, id, receiveMaximum: 2 });
    await second.ping();
    t.equal(second.inbox.length, 2, "messages with the new window full");
    t.equal(
      (await second.messages(8)).map(({ text }) => text),
      ["0", "1", "2", "3", "4", "5", "6", "7"],
      "messages",
    );
  });

  test("lets everything else through while the quota is used up", { v5: "4.9.0-3 3.3.4-10" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 2 });
    await publisher.publish(t.topic, "y", { qos: 1 });
    const found = await client.take("publish");
    client.send(ack(0x50, found.id));
    t.equal((await client.next()).name, "pubrel", "PUBREL");
    client.send(pingreq());
    t.equal((await client.next()).name, "pingresp", "PINGRESP");
    await client.subscribe("other");
    await client.publish(`${t.topic}/other`, "x", { qos: 2 });
    client.send(ack(0x70, found.id));
    t.equal((await client.message()).text, "y", "the next message");
  });
});
