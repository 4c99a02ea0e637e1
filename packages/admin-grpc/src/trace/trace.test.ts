import { afterEach, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";
import { EventBuffer } from "./event-buffer.ts";

const method = "gmqtt.admin.api.TraceService/Trace";

let admin: AdminBroker;
let client: ReflectingClient;
afterEach(async () => {
  client?.close();
  await admin?.stop();
});

async function start(): Promise<void> {
  admin = await startAdmin({ config: { sys: { interval: 0 } } });
  client = new ReflectingClient(admin.grpc);
}

test("shows what a client sends and gets, in order, without payloads and passwords", async () => {
  await start();
  const trace = await client.stream(method, { clientId: "one" });
  const info = { remoteAddress: "192.0.2.7", remotePort: 4000 };
  const one = await admin.broker.connect({ clientId: "one", version: 5, username: "ann", password: "secret", info });
  await admin.broker.connect({ clientId: "other" });
  await one.subscribe({ filter: "a/#", qos: 1 });
  await one.publish("a/b", "payload", {
    qos: 1,
    properties: { userProperties: [["k", "v"]], correlationData: Buffer.from("c") },
  });
  const events: Record<string, unknown>[] = [];
  for (let index = 0; index < 8; index++) events.push((await trace.next()) ?? {});
  expect(events.map(({ direction, packet }) => `${String(direction).slice(17)} ${packet}`)).toEqual([
    "IN connect",
    "OUT connack",
    "IN subscribe",
    "OUT suback",
    "IN publish",
    ...["OUT puback", "OUT publish"].sort(() => (events[5]?.packet === "puback" ? 0 : -1)),
    "IN puback",
  ]);
  expect(events[0]).toMatchObject({ time: "2030-01-01T00:00:00Z", client_id: "one", remote_addr: "192.0.2.7:4000" });
  expect(events[2]).toMatchObject({ topic_filters: ["a/#"], qos: 1 });
  expect(events[3]).toMatchObject({ reason_codes: [1] });
  expect(events[4]).toMatchObject({
    topic_name: "a/b",
    qos: 1,
    payload: "",
    payload_length: 7,
    properties: '{"correlationData":"1 bytes","userProperties":[["k","v"]]}',
  });
  expect(JSON.stringify(events)).not.toContain("secret");
  trace.cancel();
});

test("shows payloads when asked to", async () => {
  await start();
  const trace = await client.stream(method, { topicFilter: "a", showPayload: true });
  const one = await admin.broker.connect({ clientId: "one" });
  await one.publish("a", "hello");
  expect(await trace.next()).toMatchObject({ payload: Buffer.from("hello").toString("base64"), payload_length: 5 });
  trace.cancel();
});

test("shows who carries a topic and who subscribes to it, aliases resolved", async () => {
  await start();
  const trace = await client.stream(method, { topicFilter: "a/+" });
  const one = await admin.broker.connect({ clientId: "one", version: 5 });
  await one.subscribe("other");
  await one.subscribe("#");
  await one.subscribe("a/+");
  await one.subscribe("a/x");
  await one.publish("b/x", "no", { properties: { topicAlias: 1 } });
  await one.publish("a/x", "first", { properties: { topicAlias: 2 } });
  await one.publish("", "second", { properties: { topicAlias: 2 } });
  await one.publish("", "no", { properties: { topicAlias: 1 } });
  await one.unsubscribe("a/+");
  const events: string[] = [];
  for (let index = 0; index < 8; index++) {
    const event = (await trace.next()) ?? {};
    events.push(`${event.packet} ${event.topic_name || (event.topic_filters as string[]).join()}`);
  }
  expect(events.sort()).toEqual([
    "publish a/x",
    "publish a/x",
    "publish a/x",
    "publish a/x",
    "subscribe #",
    "subscribe a/+",
    "subscribe a/x",
    "unsubscribe a/+",
  ]);
  trace.cancel();
});

test("comes as server-sent events, ends after so many, and stops watching", async () => {
  await start();
  const response = await fetch(`${admin.url}/v1/trace?client_id=one&max_events=2`, {
    headers: { accept: "text/event-stream" },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  await admin.broker.connect({ clientId: "one" });
  const text = await response.text();
  expect(text.split("\n\n").map((part) => part.slice(0, 6))).toEqual([": open", "data: ", "data: ", ""]);
  expect(JSON.parse(text.split("\n\n")[1]?.slice(6) ?? "")).toMatchObject({
    packet: "connect",
    packet_id: 0,
    missed: 0,
  });
});

test("ends after its time", async () => {
  await start();
  const trace = await client.stream(method, { clientId: "one", maxSeconds: 5 });
  await admin.broker.advance(5000);
  expect(await trace.next()).toBeUndefined();
});

test("a reader that goes away leaves nothing behind, and stopping the broker ends the others", async () => {
  await start();
  const first = await client.stream(method, { clientId: "one" });
  const abort = new AbortController();
  await fetch(`${admin.url}/v1/trace?client_id=one`, {
    headers: { accept: "text/event-stream" },
    signal: abort.signal,
  });
  const third = await client.stream(method, { clientId: "one" });
  first.cancel();
  abort.abort();
  const ended = (): number => admin.broker.log.filter(({ message }) => message === "api stream ended").length;
  await admin.broker.until(() => ended() === 2);
  await admin.stop();
  expect(await third.next()).toBeUndefined();
});

test("a slow reader misses events, and is told how many", async () => {
  const buffer = new EventBuffer<string>(2);
  for (const name of ["a", "b", "c", "d"]) buffer.push((missed) => `${name} ${missed}`);
  expect([await buffer.next(), await buffer.next()].map(({ value }) => value)).toEqual(["a 0", "b 0"]);
  buffer.push((missed) => `e ${missed}`);
  const waiting = [buffer.next(), buffer.next()];
  buffer.push((missed) => `f ${missed}`);
  expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(["e 2", "f 0"]);
  const last = buffer.next();
  buffer.end();
  buffer.push(() => "late");
  expect([await last, await buffer.next()].map(({ done }) => done)).toEqual([true, true]);
});
