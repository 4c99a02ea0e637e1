/** Enhanced authentication and re-authentication (MQTT 5.0 section 4.12). */

import { type HookWrapper, MqttError } from "@gmqtt/broker";
import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

/** Counts up with the client: CONNECT says 1, AUTH 0x18 has to say 2 and 3. */
const counting: HookWrapper = {
  onEnhancedAuth: (next) => (client, request) => {
    if (request.method !== "COUNT") return next(client, request);
    if (text(request.data) !== "1") throw new MqttError(0x87, { reasonString: "start with 1" });
    let expected = 2;
    return {
      continue: true,
      authData: Buffer.from("1 heard"),
      onAuth: (packet) => {
        const said = text(packet.properties?.authenticationData);
        if (said !== String(expected)) throw new MqttError(0x87, { reasonString: `expected ${expected}` });
        expected++;
        return { continue: expected < 4, authData: Buffer.from(`${said} heard`) };
      },
    };
  },
  onReAuth: (next) => (client, request) => {
    if (request.method !== "COUNT") return next(client, request);
    const said = text(request.data);
    if (said === "wrong") throw new MqttError(0x87);
    return { continue: said === "more", authData: Buffer.from(`${said} heard`) };
  },
};

function text(data: Uint8Array | undefined): string {
  return Buffer.from(data ?? []).toString();
}

function properties(data: string): { authenticationMethod: string; authenticationData: Buffer } {
  return { authenticationMethod: "COUNT", authenticationData: Buffer.from(data) };
}

function answer(client: TestClient, data: string, reasonCode: 0x18 | 0x19 = 0x18): void {
  client.send("auth", { reasonCode, properties: properties(data) });
}

async function authenticated(broker: TestBroker): Promise<TestClient> {
  const client = broker.open();
  client.sendConnect({ properties: properties("1") });
  for (const said of ["2", "3"]) {
    await client.next("auth");
    answer(client, said);
  }
  expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
  return client;
}

describe.each(stores)("enhanced authentication, with the $name store", ({ start }) => {
  const begin = () => start({ plugins: () => [plugin(counting)] });

  it("goes over AUTH 0x18 to CONNACK, which has method and data [MQTT-3.15.2-1] [MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5]", async () => {
    const broker = await begin();
    const client = broker.open();
    client.sendConnect({ properties: properties("1") });
    for (const said of ["1", "2"]) {
      const auth = await client.next("auth");
      expect(auth).toMatchObject({ reasonCode: 0x18, properties: { authenticationMethod: "COUNT" } });
      expect(text(auth.properties?.authenticationData)).toBe(`${said} heard`);
      answer(client, String(Number(said) + 1));
    }
    const connack = await client.next("connack");
    expect(connack).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: "COUNT" } });
    expect(text(connack.properties?.authenticationData)).toBe("3 heard");
    await client.ping();
    expect(broker.server.statsManager.population.authenticationSucceeded).toBe(1);
  });

  it("refuses at the first step and at any other by CONNACK, then closes [MQTT-4.12.0-4]", async () => {
    const broker = await begin();
    const connack = await broker.refused({ properties: properties("7") });
    expect(connack).toMatchObject({ reasonCode: 0x87, properties: { reasonString: "start with 1" } });
    const client = broker.open();
    client.sendConnect({ properties: properties("1") });
    await client.next("auth");
    answer(client, "7");
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0x87 });
    await client.closed();
    expect(broker.server.statsManager.population.authenticationFailed).toBe(2);
  });

  it("answers a method that no plugin knows by 0x8c [MQTT-4.12.0-1] [hard case 8]", async () => {
    const broker = await begin();
    expect(await broker.refused({ properties: { authenticationMethod: "OTHER" } })).toMatchObject({ reasonCode: 0x8c });
  });

  it.each([
    ["another method", "auth", { reasonCode: 0x18, properties: { authenticationMethod: "OTHER" } }],
    ["no method", "auth", { reasonCode: 0x18 }],
    ["AUTH 0x19", "auth", { reasonCode: 0x19, properties: properties("2") }],
    ["AUTH 0x00", "auth", { reasonCode: 0x00, properties: properties("2") }],
    ["a PUBLISH", "publish", { topic: "a" }],
    ["a PINGREQ", "pingreq", {}],
    ["a second CONNECT", "connect", { clientId: "x" }],
  ] as const)("ends, unfinished, on %s [MQTT-3.1.2-30] [MQTT-4.12.0-5]", async (_, name, fields) => {
    const broker = await begin();
    const client = broker.open();
    client.sendConnect({ properties: properties("1") });
    await client.next("auth");
    client.send(name, fields);
    await broker.idle();
    if (client.connack !== undefined) expect((await client.next("connack")).reasonCode).toBeGreaterThanOrEqual(0x80);
    await client.closed();
    expect(broker.server.clientService.clientCount).toBe(0);
  });

  it("is given up after connect_timeout", async () => {
    const broker = await start({ plugins: () => [plugin(counting)], config: { mqtt: { connectTimeout: "5s" } } });
    const client = broker.open();
    client.sendConnect({ properties: properties("1") });
    await client.next("auth");
    await broker.advance(4_900);
    await client.nothing();
    await broker.advance(300);
    await client.closed();
  });

  it("leaves the present client of that identifier alone until it has succeeded [MQTT-3.1.4-2]", async () => {
    const broker = await begin();
    const present = await broker.connect({ clientId: "same" });
    const client = broker.open();
    client.sendConnect({ clientId: "same", properties: properties("1") });
    await client.next("auth");
    await present.ping();
    answer(client, "7");
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0x87 });
    await present.ping();
  });

  it("does not come to clients without a method: no AUTH, no method in CONNACK [MQTT-4.12.0-6]", async () => {
    const broker = await begin();
    const client = await broker.connect();
    expect(client.connack?.properties?.authenticationMethod).toBeUndefined();
    answer(client, "1", 0x19);
    await client.disconnected(0x82);
  });

  it("may wait for promises at every step", async () => {
    const later: HookWrapper = {
      onEnhancedAuth: () => async () => {
        await Promise.resolve();
        return { continue: true, onAuth: async () => ({ continue: false }) };
      },
    };
    const broker = await start({ plugins: () => [plugin(later)] });
    const client = broker.open();
    client.sendConnect({ properties: properties("1") });
    await client.next("auth");
    answer(client, "2");
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
  });
});

describe.each(stores)("re-authentication, with the $name store", ({ start }) => {
  const begin = async () => {
    const broker = await start({ plugins: () => [plugin(counting)] });
    return { broker, client: await authenticated(broker) };
  };

  it("is answered by AUTH 0x00 with the method, other traffic goes on [MQTT-4.12.1-1]", async () => {
    const { client } = await begin();
    await client.subscribe("a");
    answer(client, "more", 0x19);
    expect(await client.next("auth")).toMatchObject({ reasonCode: 0x18 });
    await client.publish("a", "meanwhile");
    expect(await client.next("publish")).toMatchObject({ text: "meanwhile" });
    answer(client, "done");
    const auth = await client.next("auth");
    expect(auth).toMatchObject({ reasonCode: 0x00, properties: { authenticationMethod: "COUNT" } });
    expect(text(auth.properties?.authenticationData)).toBe("done heard");
    answer(client, "again", 0x19);
    expect(await client.next("auth")).toMatchObject({ reasonCode: 0x00 });
  });

  it("that fails ends the connection with its code [MQTT-4.12.1-2]", async () => {
    const { client } = await begin();
    answer(client, "wrong", 0x19);
    await client.disconnected(0x87);
  });

  it.each([
    ["AUTH 0x18 out of turn", { reasonCode: 0x18, properties: properties("x") }],
    ["AUTH 0x00", { reasonCode: 0x00, properties: properties("x") }],
    ["another method", { reasonCode: 0x19, properties: { authenticationMethod: "OTHER" } }],
    ["no method", { reasonCode: 0x19 }],
  ] as const)("is a protocol error with %s [MQTT-4.12.0-5]", async (_, fields) => {
    const { client } = await begin();
    client.send("auth", fields);
    await client.disconnected(0x82);
  });

  it("a second time before the first is done is a protocol error", async () => {
    const { client } = await begin();
    answer(client, "more", 0x19);
    await client.next("auth");
    answer(client, "more", 0x19);
    await client.disconnected(0x82);
  });

  it("is refused by 0x87 when no plugin handles it", async () => {
    const { onEnhancedAuth } = counting;
    const broker = await start({ plugins: () => [plugin({ onEnhancedAuth: onEnhancedAuth! })] });
    const client = await authenticated(broker);
    answer(client, "done", 0x19);
    await client.disconnected(0x87);
  });
});
