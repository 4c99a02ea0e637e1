/** npm's `mqtt` against the broker: over TCP, TLS, WebSocket and secure WebSocket, in 3.1, 3.1.1 and 5.0. */

import type { IClientOptions } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MqttJs, type Version } from "./mqttjs-client.ts";
import { type RealBroker, startRealBroker } from "./real-broker.ts";

let real: RealBroker;
beforeAll(async () => {
  real = await startRealBroker();
});
afterAll(() => real.stop());

const ways = ["tcp", "tls", "ws", "wss"] as const;
const versions: readonly Version[] = [3, 4, 5];
const matrix = ways.flatMap((way) => versions.map((version) => ({ way, version })));

describe.each(matrix)("mqtt.js over $way in version $version", ({ way, version }) => {
  const base = `${way}/${version}`;
  const connect = (options: IClientOptions = {}) => MqttJs.connect(real, way, version, options);
  const persistent = (clientId: string): IClientOptions => ({
    clientId,
    clean: false,
    ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}),
  });

  it.each([0, 1, 2] as const)("exchanges messages of QoS %i in order", async (qos) => {
    const subscriber = await connect();
    const [granted] = await subscriber.client.subscribeAsync(`${base}/q${qos}/#`, { qos });
    expect(granted?.qos).toBe(qos);
    const publisher = await connect();
    for (let index = 0; index < 20; index++)
      await publisher.client.publishAsync(`${base}/q${qos}/a`, `${index}`, { qos });
    for (let index = 0; index < 20; index++) {
      expect(await subscriber.next()).toMatchObject({ topic: `${base}/q${qos}/a`, text: `${index}`, qos, dup: false });
    }
  });

  it("exchanges a payload of 300,000 bytes", async () => {
    const client = await connect();
    await client.client.subscribeAsync(`${base}/large`, { qos: 1 });
    const payload = Buffer.alloc(300_000, "0123456789abcdef");
    await client.client.publishAsync(`${base}/large`, payload, { qos: 1 });
    expect(payload.equals((await client.next()).payload as Buffer)).toBe(true);
  });

  it("keeps a retained message for later subscribers, until it is deleted", async () => {
    const publisher = await connect();
    await publisher.client.publishAsync(`${base}/retained`, "kept", { qos: 1, retain: true });
    const subscriber = await connect();
    await subscriber.client.subscribeAsync(`${base}/retained`, { qos: 1 });
    expect(await subscriber.next()).toMatchObject({ text: "kept", retain: true });
    await publisher.client.publishAsync(`${base}/retained`, "", { qos: 1, retain: true });
    expect(await subscriber.next()).toMatchObject({ text: "", retain: false });
    const late = await connect();
    await late.client.subscribeAsync(`${base}/retained`, { qos: 1 });
    await publisher.client.publishAsync(`${base}/retained`, "new", { qos: 1 });
    expect(await late.next()).toMatchObject({ text: "new", retain: false });
  });

  it("has its will published when it is lost, and only then", async () => {
    const subscriber = await connect();
    await subscriber.client.subscribeAsync(`${base}/will/#`, { qos: 1 });
    const will = (topic: string): IClientOptions => ({
      will: { topic: `${base}/will/${topic}`, payload: Buffer.from("gone"), qos: 1, retain: false },
    });
    await (await connect(will("orderly"))).end();
    (await connect(will("lost"))).drop();
    expect(await subscriber.next()).toMatchObject({ topic: `${base}/will/lost`, text: "gone", qos: 1 });
  });

  it("resumes its session with what was queued meanwhile", async () => {
    const clientId = base.replace("/", "-");
    const first = await connect(persistent(clientId));
    expect(first.connack.sessionPresent).toBe(false);
    await first.client.subscribeAsync(`${base}/session`, { qos: 2 });
    await first.end();
    const publisher = await connect();
    for (const qos of [0, 1, 2] as const)
      await publisher.client.publishAsync(`${base}/session`, `while away ${qos}`, { qos });
    const second = await connect(persistent(clientId));
    expect(second.connack.sessionPresent).toBe(version !== 3); // 3.1 has no such flag
    for (const qos of [0, 1, 2]) expect(await second.next()).toMatchObject({ text: `while away ${qos}`, qos });
    await second.client.unsubscribeAsync(`${base}/session`);
  });

  it("shares a subscription", async () => {
    const members = [await connect(), await connect()];
    for (const { client } of members) await client.subscribeAsync(`$share/group/${base}/shared`, { qos: 1 });
    const publisher = await connect();
    for (let index = 0; index < 10; index++) {
      await publisher.client.publishAsync(`${base}/shared`, `${index}`, { qos: 1 });
    }
    const texts: string[] = [];
    for (const member of members) for (let index = 0; index < 5; index++) texts.push((await member.next()).text);
    expect(texts.map(Number).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(members.flatMap(({ unread }) => unread)).toEqual([]);
  });

  it("hears nothing more once it has unsubscribed", async () => {
    const client = await connect();
    await client.client.subscribeAsync([`${base}/one`, `${base}/two`], { qos: 1 });
    await client.client.unsubscribeAsync(`${base}/one`);
    await client.client.publishAsync(`${base}/one`, "not heard", { qos: 1 });
    await client.client.publishAsync(`${base}/two`, "heard", { qos: 1 });
    expect(await client.next()).toMatchObject({ text: "heard" });
  });
});

describe.each(ways)("mqtt.js over %s with the properties of 5.0", (way) => {
  const connect = (options: IClientOptions = {}) => MqttJs.connect(real, way, 5, options);

  it("asks and is answered", async () => {
    const server = await connect();
    await server.client.subscribeAsync(`${way}/ask`, { qos: 1, properties: { subscriptionIdentifier: 77 } });
    const asking = await connect();
    await asking.client.subscribeAsync(`${way}/answer`, { qos: 1 });
    await asking.client.publishAsync(`${way}/ask`, "?", {
      qos: 1,
      properties: {
        responseTopic: `${way}/answer`,
        correlationData: Buffer.from([0, 1, 255]),
        contentType: "text/plain",
        payloadFormatIndicator: true,
        messageExpiryInterval: 60,
        userProperties: { room: ["7", "8"], floor: "2" },
      },
    });
    const question = await server.next();
    expect(question.properties).toMatchObject({
      responseTopic: `${way}/answer`,
      contentType: "text/plain",
      payloadFormatIndicator: true,
      messageExpiryInterval: 60,
      subscriptionIdentifier: 77,
    });
    expect({ ...question.properties?.userProperties }).toEqual({ room: ["7", "8"], floor: "2" });
    const { responseTopic, correlationData } = question.properties ?? {};
    expect(correlationData).toEqual(Buffer.from([0, 1, 255]));
    await server.client.publishAsync(responseTopic as string, "!", {
      properties: { correlationData: correlationData as Buffer },
    });
    const answer = await asking.next();
    expect(answer).toMatchObject({ text: "!" });
    expect(answer.properties?.correlationData).toEqual(Buffer.from([0, 1, 255]));
  });

  it("uses topic aliases in both directions", async () => {
    const client = await connect({
      properties: { topicAliasMaximum: 5 },
      autoAssignTopicAlias: true,
    });
    await client.client.subscribeAsync(`${way}/alias/#`, { qos: 1 });
    const topics = ["a", "b", "a", "b", "a"];
    for (const topic of topics) await client.client.publishAsync(`${way}/alias/${topic}`, topic, { qos: 1 });
    for (const topic of topics) {
      const message = await client.next();
      expect(message.text).toBe(topic);
      expect(message.properties?.topicAlias).toBeGreaterThan(0);
    }
  });

  it("is told the identifier it was given, and the limits", async () => {
    const client = await connect({ clientId: "" });
    expect(client.connack.properties?.assignedClientIdentifier).toMatch(/./);
    expect(client.connack.properties?.topicAliasMaximum).toBe(10);
    expect(client.connack.properties?.receiveMaximum).toBe(100);
  });

  it("learns why it was disconnected", async () => {
    const old = await connect({ clientId: `${way}-same` });
    const reason = new Promise((resolve) => old.client.once("disconnect", ({ reasonCode }) => resolve(reasonCode)));
    await connect({ clientId: `${way}-same` });
    expect(await reason).toBe(0x8e);
  });
});
