/** Chapter 4.6: the order of messages and of acknowledgements. */

import { ack, publish } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { LASTING, subscriber } from "./common.ts";

export const ordering: TestCase[] = chapter("4.6 Message ordering", (test) => {
  test("sends unfinished messages again in their order", {
    v5: "4.6.0-1 4.6.0-5",
    v4: "4.6.0-1 4.6.0-6",
  }, async (t) => {
    const id = t.clientId();
    const publisher = await t.connect();
    for (const qos of [1, 2]) {
      const client = await subscriber(t, t.topic, { ...LASTING, id });
      for (let index = 0; index < 5; index++) await publisher.publish(t.topic, `${index}`, { qos });
      for (let index = 0; index < 5; index++) await client.take("publish");
      await client.drop();
      const again = await t.connect({ ...LASTING, id });
      t.equal(
        (await again.messages(5)).map(({ text }) => text),
        ["0", "1", "2", "3", "4"],
        "messages",
      );
      await again.disconnect();
    }
  });

  test("acknowledges in the order of arrival", { v5: "4.6.0-2 4.6.0-3", v4: "4.6.0-2 4.6.0-3" }, async (t) => {
    const client = await t.connect();
    const ids = [9, 3, 7, 1, 65535, 2];
    client.send(...ids.map((id) => publish(t.version, t.topic, "x", { qos: 1, id })));
    for (const id of ids) t.equal((await client.next()).id, id, "PUBACK");
    client.send(...ids.map((id) => publish(t.version, t.topic, "x", { qos: 2, id })));
    for (const id of ids) t.equal((await client.next()).id, id, "PUBREC");
    client.send(...ids.map((id) => ack(0x62, id)));
    for (const id of ids) t.equal((await client.next()).id, id, "PUBCOMP");
  });

  test("takes acknowledgements in any order, and releases in theirs", {
    v5: "4.6.0-2 4.6.0-4",
    v4: "4.6.0-4",
  }, async (t) => {
    const client = await subscriber(t, t.topic);
    const publisher = await t.connect();
    for (let index = 0; index < 3; index++) await publisher.publish(t.topic, "x", { qos: 2 });
    const ids = [
      (await client.take("publish")).id,
      (await client.take("publish")).id,
      (await client.take("publish")).id,
    ];
    const mixed = [ids[2] ?? 0, ids[0] ?? 0, ids[1] ?? 0];
    client.send(...mixed.map((id) => ack(0x50, id)));
    for (const id of mixed) t.equal((await client.next()).describe(), `PUBREL id ${id}`, "PUBREL");
    client.send(...ids.map((id) => ack(0x70, id)));
    for (let index = 0; index < 3; index++) await publisher.publish(t.topic, "x", { qos: 1 });
    const ones = [
      (await client.take("publish")).id,
      (await client.take("publish")).id,
      (await client.take("publish")).id,
    ];
    client.send(...ones.reverse().map((id) => ack(0x40, id)));
    await client.quiet();
  });

  test(
    "delivers a thousand messages in order at every QoS, live and resumed",
    { v5: "4.6.0-5 4.6.0-6", v4: "4.6.0-5 4.6.0-6" },
    async (t) => {
      for (const qos of [0, 1, 2]) {
        const topic = `${t.topic}/${qos}`;
        const id = t.clientId();
        const live = await subscriber(t, topic, { receiveMaximum: 7 });
        let broken = await subscriber(t, topic, { ...LASTING, id, receiveMaximum: 20 });
        const publisher = await t.connect();
        const count = qos === 0 ? 1000 : 400;
        const publishing = (async () => {
          for (let index = 0; index < count; index++) {
            if (qos > 0 || index % 50 === 0) await publisher.publish(topic, `${index}`, { qos });
            else publisher.publishOnly(topic, `${index}`);
          }
        })();
        const receiving = (async () => {
          for (let index = 0; index < count; index++)
            t.equal((await live.message()).text, `${index}`, `QoS ${qos}, message`);
        })();
        const resuming = (async () => {
          if (qos === 0) return;
          let last = -1;
          for (let index = 0; last < count - 1; index++) {
            const found = await broken.take("publish");
            const number = Number(found.text);
            t.ok(number <= last + 1, `QoS ${qos}: ${number} after ${last}`);
            t.ok(number === last + 1 || found.dup, `QoS ${qos}: ${number} again without DUP`);
            last = Math.max(last, number);
            if (index > 0 && index % 130 === 0) {
              broken.stream.destroy();
              broken = await t.connect({ ...LASTING, id, receiveMaximum: 20 });
              last = number - 1;
            } else await broken.acknowledge(found);
          }
        })();
        await Promise.all([publishing, receiving, resuming]);
      }
    },
    { seconds: 8 },
  );
});
