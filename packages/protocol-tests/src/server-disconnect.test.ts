/** DISCONNECT from the server: its reasons, what it carries, and what follows it (MQTT 5.0 section 3.14). */

import type { DisconnectPacket } from "@gmqtt/packets";
import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { frame, string, uint16 } from "./bytes.ts";
import { plugin } from "./plugins.ts";
import { type StoreCase, stores } from "./stores.ts";

/** How a connection comes to its end, and with which reason code. */
interface Ending {
  readonly code: number;
  readonly options?: Parameters<StoreCase["start"]>[0];
  readonly connect?: Parameters<TestBroker["connect"]>[0];
  readonly bring: (broker: TestBroker, client: TestClient) => unknown;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  "a malformed packet": { code: 0x81, bring: (_, client) => client.sendBytes("c1 00") },
  "a protocol error": { code: 0x82, bring: (_, client) => client.sendBytes("d0 00") },
  "a second CONNECT": { code: 0x82, bring: (_, client) => client.send("connect", { clientId: "x" }) },
  "the broker stops": { code: 0x8b, bring: (broker) => broker.stop() },
  "keep alive is over": {
    code: 0x8d,
    connect: { keepAlive: 10 },
    bring: (broker) => broker.advance(15_500),
  },
  "a takeover": { code: 0x8e, bring: (broker, { clientId }) => broker.connect({ clientId }) },
  "one message too many": {
    code: 0x93,
    options: { config: { mqtt: { serverReceiveMaximum: 1 } } },
    bring: (_, client) => {
      for (const packetId of [1, 2]) client.send("publish", { topic: "a", qos: 2, packetId });
    },
  },
  "a wrong topic alias": {
    code: 0x94,
    bring: (_, client) => client.send("publish", { topic: "a", properties: { topicAlias: 11 } }),
  },
  "a packet that is too large": {
    code: 0x95,
    options: { config: { mqtt: { maxPacketSize: 100 } } },
    bring: (_, client) => client.sendBytes("30 7f"),
  },
  "too many messages": {
    code: 0x96,
    options: { config: { limits: { publishRate: 1 } } },
    bring: (_, client) => {
      for (let count = 0; count < 5; count++) client.send("publish", { topic: "a" });
    },
  },
  "too many filters": {
    code: 0x97,
    options: { config: { limits: { maxFiltersPerPacket: 1 } } },
    bring: (_, client) => client.sendBytes(frame(0x82, uint16(1), 0, string("a"), 0, string("b"), 0)),
  },
  "an administrator": {
    code: 0x98,
    bring: (broker, { clientId }) => broker.server.clientService.getClient(clientId)?.disconnect(),
  },
  "an administrator who ends the session": {
    code: 0x98,
    bring: (broker, { clientId }) => broker.server.clientService.terminateSession(clientId),
  },
  "text that is none": {
    code: 0x99,
    bring: (_, client) => client.sendBytes(frame(0x30, string("a"), 2, 1, 1, "ff")),
  },
  "a retained message that is not allowed": {
    code: 0x9a,
    options: { config: { mqtt: { retainAvailable: false } } },
    bring: (_, client) => client.send("publish", { topic: "a", retain: true }),
  },
  "a QoS that is not allowed": {
    code: 0x9b,
    options: { config: { mqtt: { maximumQos: 0 } } },
    bring: (_, client) => client.send("publish", { topic: "a", qos: 1, packetId: 1 }),
  },
  "a shared subscription that is not allowed": {
    code: 0x9e,
    options: { config: { mqtt: { sharedSubscriptionAvailable: false } } },
    bring: (_, client) => client.sendBytes(frame(0x82, uint16(1), 0, string("$share/g/a"), 0)),
  },
  "a subscription identifier that is not allowed": {
    code: 0xa1,
    options: { config: { mqtt: { subscriptionIdentifierAvailable: false } } },
    bring: (_, client) => client.sendBytes(frame(0x82, uint16(1), 2, 0x0b, 1, string("a"), 0)),
  },
  "a wildcard that is not allowed": {
    code: 0xa2,
    options: { config: { mqtt: { wildcardSubscriptionAvailable: false } } },
    bring: (_, client) => client.sendBytes(frame(0x82, uint16(1), 0, string("#"), 0)),
  },
};

const each = Object.entries(ENDINGS).map(([name, ending]) => [name, ending] as const);

/** Those that 3.1.1 can bring about, too. */
const in311 = new Set([
  "a malformed packet",
  "a protocol error",
  "a second CONNECT",
  "the broker stops",
  "keep alive is over",
  "a takeover",
  "a packet that is too large",
  "too many messages",
  "an administrator",
  "an administrator who ends the session",
  "a retained message that is not allowed",
  "a QoS that is not allowed",
]);

describe.each(stores)("the server's DISCONNECT, with the $name store", ({ start }) => {
  async function end(ending: Ending, connect: Parameters<TestBroker["connect"]>[0] = {}): Promise<TestClient> {
    const broker = await start(ending.options ?? {});
    const client = await broker.connect({ ...ending.connect, ...connect });
    await ending.bring(broker, client);
    await broker.idle();
    return client;
  }

  const last = (client: TestClient) => client.received.at(-1) as DisconnectPacket;

  it.each(each)(
    "says why, then comes the close and nothing else: %s [MQTT-3.14.2-1] [MQTT-3.14.2-2] [MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT-4.13.1-1]",
    async (_, ending) => {
      const client = await end(ending);
      expect(last(client)).toMatchObject({ type: 14, reasonCode: ending.code });
      expect(last(client).properties?.sessionExpiryInterval).toBeUndefined();
      expect(client.received.filter(({ type }) => type === 14)).toHaveLength(1);
      expect(client.ended).toBe(true);
    },
  );

  it.each(each.filter(([name]) => in311.has(name)))(
    "does not exist in 3.1.1, which just sees the close: %s [MQTT-4.8.0-1]",
    async (_, ending) => {
      const client = await end(ending, { version: 4 });
      expect(client.received.filter(({ type }) => type === 14)).toEqual([]);
      expect(client.ended).toBe(true);
    },
  );

  it.each(each)(
    "keeps within the client's maximum packet size: %s [MQTT-3.14.2-3] [MQTT-3.14.2-4]",
    async (_, ending) => {
      // A reason string never fits; the client's strict decoder would not take a larger packet.
      const client = await end(ending, { properties: { maximumPacketSize: 20 } }).catch((error: Error) => error);
      if (client instanceof Error) return expect(client.message).toMatch(/expected connack/); // CONNACK did not fit
      expect(last(client)).toMatchObject({ type: 14, reasonCode: ending.code });
    },
  );

  it("tells more to people where there is more to tell", async () => {
    const client = await end(ENDINGS["a wrong topic alias"]!);
    expect(last(client).properties?.reasonString).toMatch(/topic alias 11 .* 10/);
  });

  it("carries what a plugin wants it to carry", async () => {
    const broker = await start();
    const client = await broker.connect();
    broker.server.clientService.getClient(client.clientId)?.disconnect({
      reasonCode: 0x9d,
      properties: { serverReference: "other:1883", reasonString: "moved", userProperties: [["k", "v"]] },
    });
    expect(await client.disconnected(0x9d)).toMatchObject({
      properties: { serverReference: "other:1883", reasonString: "moved", userProperties: [["k", "v"]] },
    });
  });

  it("points to another server when there is one: 0x9c, at the stop", async () => {
    const broker = await start({ config: { mqtt: { serverReference: "other:1883" } } });
    const client = await broker.connect();
    await broker.stop();
    expect(await client.disconnected(0x9c)).toMatchObject({ properties: { serverReference: "other:1883" } });
  });

  it("never has a code that is not a server's, whatever a plugin says [MQTT-3.14.2-1]", async () => {
    const broker = await start({ plugins: () => [plugin({})] });
    for (const reasonCode of [0x04, 0x18, 0x84, 0x85, 0x86, 0x8c] as const) {
      const client = await broker.connect();
      broker.server.clientService.getClient(client.clientId)?.disconnect({ reasonCode });
      const packet = await client.next("disconnect");
      expect([0x80, 0x87]).toContain(packet.reasonCode);
      await client.closed();
    }
  });

  it("does not come before CONNACK: a client that is refused is told by CONNACK [MQTT-3.14.0-1]", async () => {
    const broker = await start({ config: { mqtt: { connectTimeout: "1s" } } });
    const client = broker.open();
    await broker.advance(1_500);
    await client.closed();
    expect(client.received).toEqual([]);
  });
});
