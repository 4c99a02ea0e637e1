/** While the store is away: what is refused, what waits, what flows on, and that everything goes on by itself. */

import { createSlowPersistence, type SlowPersistence, type TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores, type StoreCase } from "./stores.ts";

const expiring = { properties: { sessionExpiryInterval: 600 } } as const;

async function startSlow({ start }: StoreCase): Promise<{ broker: TestBroker; store: SlowPersistence }> {
  const store = createSlowPersistence();
  return { broker: await start({ persistence: store }), store };
}

describe.each(durableStores.filter(({ name }) => name === "slow durable"))(
  "while the store is away, with the $name store",
  (kind) => {
    it("clients whose session is to be stored are refused with 0x88, others are served", async () => {
      const { broker, store } = await startSlow(kind);
      store.setAvailable(false);
      for (const version of [5, 4] as const) {
        const client = broker.open();
        client.sendConnect(version === 5 ? { version, ...expiring } : { version, clientId: "c", cleanStart: false });
        expect(await client.next("connack")).toMatchObject({ reasonCode: version === 5 ? 0x88 : 3 });
      }
      const dying = broker.open();
      dying.sendConnect({ will: { topic: "w", payload: "gone" } });
      expect(await dying.next("connack")).toMatchObject({ reasonCode: 0x88 });
      await broker.connect();
      expect(broker.server.statsManager.population).toMatchObject({ storeOutages: 1, storeRefusals: 3 });
      store.setAvailable(true);
      await broker.connect({ ...expiring });
      expect(broker.server.statsManager.population).toMatchObject({ storeOutages: 1, storeRefusals: 3 });
    });

    it("a refused client does not push out the one that is connected [MQTT-3.1.4-3]", async () => {
      const { broker, store } = await startSlow(kind);
      const client = await broker.connect({ clientId: "c", ...expiring });
      await broker.idle();
      store.setAvailable(false);
      const second = broker.open();
      second.sendConnect({ clientId: "c", ...expiring });
      expect(await second.next("connack")).toMatchObject({ reasonCode: 0x88 });
      expect(client.ended).toBe(false);
      store.setAvailable(true);
    });

    it("QoS 0 flows on, QoS 1 waits for its acknowledgement, and the broker is not ready", async () => {
      const { broker, store } = await startSlow(kind);
      const subscriber = await broker.connect({ clientId: "s", ...expiring });
      await subscriber.subscribe({ filter: "a", qos: 1 });
      const publisher = await broker.connect();
      await broker.idle();
      expect(broker.server.readiness).toMatchObject({ ready: true });
      store.setAvailable(false);
      expect(broker.server.readiness).toMatchObject({ ready: false, reason: "store unavailable" });
      await publisher.publish("a", "light");
      expect(await subscriber.next("publish")).toMatchObject({ text: "light", qos: 0 });
      publisher.send("publish", { topic: "a", qos: 1, packetId: 1, payload: Buffer.from("heavy") });
      await publisher.nothing();
      await subscriber.nothing();
      store.setAvailable(true);
      await publisher.next("puback");
      expect(await subscriber.next("publish")).toMatchObject({ text: "heavy", qos: 1 });
      expect(broker.server.readiness).toMatchObject({ ready: true });
    });
  },
);
