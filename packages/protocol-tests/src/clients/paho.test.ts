/** python3-paho-mqtt against the broker: TCP, TLS, WebSocket and secure WebSocket, in 3.1, 3.1.1 and 5.0. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Paho, type PahoOptions } from "./paho-client.ts";
import { type RealBroker, startRealBroker } from "./real-broker.ts";

let real: RealBroker;
beforeAll(async () => {
  real = await startRealBroker();
});
afterAll(() => real.stop());

const versions = [3, 4, 5] as const;

describe.each(versions)("paho in version %i", (version) => {
  const base = `paho/${version}`;
  const connect = (options?: PahoOptions) => Paho.connect(real, "tcp", version, options);

  it.each([0, 1, 2])("exchanges messages of QoS %i in order", async (qos) => {
    const subscriber = await connect();
    expect(await subscriber.subscribe(`${base}/q${qos}/#`, qos)).toEqual([qos]);
    const publisher = await connect();
    for (let index = 0; index < 10; index++) await publisher.publish(`${base}/q${qos}/a`, `${index}`, { qos });
    for (let index = 0; index < 10; index++) {
      expect(await subscriber.message()).toMatchObject({ topic: `${base}/q${qos}/a`, text: `${index}`, qos });
    }
  });

  it("keeps a retained message for later subscribers, until it is deleted", async () => {
    const publisher = await connect();
    await publisher.publish(`${base}/retained`, "kept", { qos: 1, retain: true });
    const subscriber = await connect();
    await subscriber.subscribe(`${base}/retained`, 1);
    expect(await subscriber.message()).toMatchObject({ text: "kept", retain: true });
    await publisher.publish(`${base}/retained`, "", { qos: 1, retain: true });
    const late = await connect();
    await late.subscribe(`${base}/retained`, 1);
    await publisher.publish(`${base}/retained`, "new", { qos: 1 });
    expect(await late.message()).toMatchObject({ text: "new", retain: false });
  });

  it("has its will published when it is killed, and not after a goodbye", async () => {
    const watcher = await connect();
    await watcher.subscribe(`${base}/will/#`, 1);
    const will = (topic: string): PahoOptions => ({
      will: { topic: `${base}/will/${topic}`, payload: "gone", qos: 1, retain: true },
    });
    await (await connect(will("orderly"))).disconnect();
    (await connect(will("lost"))).kill();
    expect(await watcher.message()).toMatchObject({ topic: `${base}/will/lost`, text: "gone", qos: 1, retain: false });
    const late = await connect();
    await late.subscribe(`${base}/will/lost`, 1);
    expect(await late.message()).toMatchObject({ text: "gone", retain: true });
  });

  it("resumes its session with what was queued meanwhile", async () => {
    const properties = version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {};
    const session: PahoOptions = { clientId: `paho-${version}`, clean: false, ...properties };
    const first = await connect(session);
    expect(first.connected.sessionPresent).toBe(false);
    await first.subscribe(`${base}/session`, 2);
    await first.disconnect();
    const publisher = await connect();
    for (const qos of [0, 1, 2]) await publisher.publish(`${base}/session`, `away ${qos}`, { qos });
    const second = await connect(session);
    expect(second.connected.sessionPresent).toBe(version !== 3); // 3.1 has no such flag
    for (const qos of [0, 1, 2]) expect(await second.message()).toMatchObject({ text: `away ${qos}`, qos });
  });

  it("shares a subscription", async () => {
    const members = [await connect(), await connect()];
    for (const member of members) await member.subscribe(`$share/group/${base}/shared`, 1);
    const publisher = await connect();
    for (let index = 0; index < 6; index++) await publisher.publish(`${base}/shared`, `${index}`, { qos: 1 });
    const texts: (string | undefined)[] = [];
    for (const member of members) for (let index = 0; index < 3; index++) texts.push((await member.message()).text);
    expect(texts.sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
  });
});

describe("paho with the properties of 5.0", () => {
  const connect = (options?: PahoOptions) => Paho.connect(real, "tcp", 5, options);

  it("asks and is answered", async () => {
    const server = await connect();
    await server.subscribe("paho/ask", 1, { subscriptionIdentifier: 12 });
    const asking = await connect();
    await asking.subscribe("paho/answer", 1);
    const properties = {
      responseTopic: "paho/answer",
      correlationData: "c-7",
      contentType: "text/plain",
      payloadFormat: 1,
      messageExpiryInterval: 60,
      userProperties: [
        ["a", "1"],
        ["b", "2"],
        ["a", "3"],
      ],
    } as const;
    await asking.publish("paho/ask", "?", { qos: 1, properties });
    const question = await server.message();
    expect(question.properties).toEqual({ ...properties, subscriptionIdentifier: [12] });
    const { correlationData = "", responseTopic = "" } = question.properties ?? {};
    await server.publish(responseTopic, "!", { qos: 1, properties: { correlationData } });
    expect(await asking.message()).toMatchObject({ text: "!", properties: { correlationData: "c-7" } });
  });

  it("has a will with a delay and properties", async () => {
    const watcher = await connect();
    await watcher.subscribe("paho/will5", 1);
    const properties = { willDelayInterval: 1, userProperties: [["why", "killed"]] } as const;
    const doomed = await connect({
      clientId: "paho-doomed",
      properties: { sessionExpiryInterval: 60 },
      will: { topic: "paho/will5", payload: "gone", qos: 1, retain: false, properties },
    });
    const before = performance.now();
    doomed.kill();
    expect(await watcher.message()).toMatchObject({
      text: "gone",
      properties: { userProperties: [["why", "killed"]] },
    });
    expect(performance.now() - before).toBeGreaterThan(950);
  });

  it("learns why it was disconnected", async () => {
    const client = await connect({ clientId: "paho-goodbye" });
    // With a reason string: paho 1.6 overlooks the code of a DISCONNECT that has nothing else.
    const properties = { reasonString: "maintenance" };
    real.broker.clientService.getClient("paho-goodbye")?.disconnect({ reasonCode: 0x98, properties });
    expect(await client.disconnected()).toBe(0x98);
  });
});

const otherWays = (["tls", "ws", "wss"] as const).flatMap((way) => versions.map((version) => ({ way, version })));
it.each(otherWays)("paho exchanges messages over $way in version $version", async ({ way, version }) => {
  const client = await Paho.connect(real, way, version);
  await client.subscribe(`paho/${way}/${version}`, 2);
  for (const qos of [0, 1, 2]) await client.publish(`paho/${way}/${version}`, `text ${qos}`, { qos });
  for (const qos of [0, 1, 2]) expect(await client.message()).toMatchObject({ text: `text ${qos}`, qos });
});
