/** Acknowledgements that do not belong to the exchange they name (MQTT 5.0 section 4.3). */

import type { ProtocolVersion } from "@gmqtt/packets";
import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { bystander, refuses } from "./malformed.ts";
import { stores } from "./stores.ts";

/** A client with one message of this QoS that it has not answered yet. */
async function unanswered(
  broker: TestBroker,
  version: ProtocolVersion,
  qos: 1 | 2,
): Promise<{ client: TestClient; packetId: number }> {
  const client = await broker.connect({ version, autoAck: false });
  await client.subscribe({ filter: "to/one", qos });
  await (await broker.connect()).publish("to/one", "text", { qos });
  const { packetId } = await client.next("publish");
  return { client, packetId };
}

describe.each(stores)("acknowledgements of the wrong kind, with the $name store", ({ start }) => {
  const cases = [
    ["PUBACK", "puback", 2],
    ["PUBREC", "pubrec", 1],
    ["PUBCOMP", "pubcomp", 1],
    ["PUBCOMP before PUBREL", "pubcomp", 2],
  ] as const;
  it.each(
    cases.flatMap(([name, packet, qos]) => ([4, 5] as const).map((version) => [name, qos, version, packet] as const)),
  )("are a protocol error: %s to a QoS %s message, in version %s [hard case 14]", async (_, qos, version, packet) => {
    const broker = await start();
    const neighbour = await bystander(broker);
    const { client, packetId } = await unanswered(broker, version, qos);
    await neighbour.client.next("publish");
    client.send(packet, { packetId });
    await refuses(broker, client, [0x82], packet);
    await neighbour.unharmed();
  });

  it("do not finish the message: it comes again after a reconnect [hard case 14]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, autoAck: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await client.subscribe({ filter: "a", qos: 2 });
    await (await broker.connect()).publish("a", "text", { qos: 2 });
    const { packetId } = await client.next("publish");
    client.send("puback", { packetId });
    await refuses(broker, client, [0x82], "puback");
    expect(await (await broker.connect(options)).next("publish")).toMatchObject({ text: "text", packetId, dup: true });
  });
});

describe.each(stores)("acknowledgements of nothing, with the $name store", ({ start }) => {
  it.each([4, 5] as const)(
    "are taken as late ones, in version %s: PUBACK, PUBCOMP and a failed PUBREC",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version });
      client.send("puback", { packetId: 77 });
      client.send("pubcomp", { packetId: 78 });
      if (version === 5) client.send("pubrec", { packetId: 79, reasonCode: 0x80 });
      await client.nothing();
      await client.ping();
    },
  );

  it("PUBREC is answered by PUBREL, in 5.0 with 0x92 [MQTT-3.6.2-1]", async () => {
    const broker = await start();
    const young = await broker.connect({ autoAck: false });
    young.send("pubrec", { packetId: 77 });
    expect(await young.next("pubrel")).toMatchObject({ packetId: 77, reasonCode: 0x92 });
    const old = await broker.connect({ version: 4, autoAck: false });
    old.send("pubrec", { packetId: 77 });
    expect(await old.next("pubrel")).toMatchObject({ packetId: 77 });
  });
});
