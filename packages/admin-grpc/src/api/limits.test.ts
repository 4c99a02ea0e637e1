import { createConnection } from "node:net";
import { expect, test } from "vitest";
import { RateLimit } from "../access/rate-limit.ts";
import { startAdmin } from "../testing/admin-broker.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

test("a body beyond the limit is refused, also one that does not say its length", async () => {
  const admin = await startAdmin({ section: { limits: { max_body_bytes: 2048 } } });
  const fits = { topic_name: "a", payload: "x".repeat(1900) };
  expect((await admin.rest("/v1/publish", { body: fits })).status).toBe(200);
  const large = { topic_name: "a", payload: "x".repeat(2048) };
  const expected = { status: 413, json: { code: 8, message: "body is larger than 2048 bytes", details: [] } };
  expect(await admin.rest("/v1/publish", { body: large })).toMatchObject(expected);
  const chunked = await fetch(`${admin.url}/v1/publish`, {
    method: "POST",
    body: new Blob([JSON.stringify(large)]).stream(),
    duplex: "half",
  } as RequestInit);
  expect(chunked.status).toBe(413);
  const client = new ReflectingClient(admin.grpc);
  const answer = await client.call("gmqtt.admin.api.PublishService/Publish", {
    topicName: "a",
    payload: large.payload,
  });
  expect(answer.code).toBe(8);
  client.close();
  const refused = admin.broker.log.filter(
    ({ fields }) => (fields as { reason?: string }).reason === expected.json.message,
  );
  expect(refused).toHaveLength(2);
  await admin.stop();
});

test("nobody's body is read: who may not call is told so, whatever he sends", async () => {
  const tokens = [{ name: "a", sha256: "0".repeat(64) }];
  const admin = await startAdmin({ section: { tokens, limits: { max_body_bytes: 2048 } } });
  const large = { topic_name: "a", payload: "x".repeat(100_000) };
  expect((await admin.rest("/v1/publish", { body: large })).status).toBe(401);
  await admin.stop();
});

test("a page is never longer than the limit, over REST and gRPC", async () => {
  const admin = await startAdmin({ section: { limits: { max_page_size: 2 } } });
  for (const clientId of ["a", "b", "c"]) await admin.broker.connect({ clientId });
  const { json } = await admin.rest("/v1/clients?page_size=1000");
  expect((json as { clients: unknown[] }).clients).toHaveLength(2);
  const client = new ReflectingClient(admin.grpc);
  const answer = await client.call("gmqtt.admin.api.ClientService/List", { pageSize: 1000, page: 2 });
  expect(answer.json).toMatchObject({ clients: [{ client_id: "c" }], total_count: 3 });
  client.close();
  await admin.stop();
});

test("a caller who asks too often waits, and may ask again later", async () => {
  const admin = await startAdmin({ section: { limits: { requests_per_second: 2 } } });
  for (let index = 0; index < 4; index++) expect((await admin.rest("/v1/clients")).status).toBe(200);
  const refused = await admin.rest("/v1/clients");
  expect(refused).toMatchObject({ status: 429, json: { code: 8, message: "more than 2 requests per second" } });
  expect(refused.headers.get("retry-after")).toBe("1");
  await admin.broker.advance(1000);
  expect((await admin.rest("/v1/clients")).status).toBe(200);
  await admin.stop();
});

test("asking for what is not there is held to the rate too", async () => {
  const admin = await startAdmin({ section: { limits: { requests_per_second: 1 } } });
  const statuses: number[] = [];
  for (let index = 0; index < 3; index++) statuses.push((await admin.rest("/v1/nothing")).status);
  expect(statuses).toEqual([404, 404, 429]);
  await admin.stop();
});

test("guessing tokens is held to the rate too", async () => {
  const tokens = [{ name: "a", sha256: "0".repeat(64) }];
  const admin = await startAdmin({ section: { tokens, limits: { requests_per_second: 1 } } });
  const guess = { headers: { authorization: "Bearer guess" } };
  const statuses: number[] = [];
  for (let index = 0; index < 3; index++) statuses.push((await admin.rest("/v1/clients", guess)).status);
  expect(statuses).toEqual([401, 401, 429]);
  await admin.stop();
});

test("one caller's haste is not another's, and thousands of callers are forgotten again", () => {
  let now = 0;
  const limit = new RateLimit(
    () => 1,
    () => now,
  );
  expect([limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")]).toEqual([true, true, false, true]);
  for (let index = 0; index < 10_000; index++) limit.take(`caller ${index}`);
  expect(limit.take("a")).toBe(true); // forgotten, so its bucket is full
  now = 500;
  expect([limit.take("a"), limit.take("a")]).toEqual([true, false]);
});

test("open streams are limited", async () => {
  const admin = await startAdmin({ section: { limits: { max_streams: 1 } } });
  const first = await fetch(`${admin.url}/v1/trace?client_id=a`, { headers: { accept: "text/event-stream" } });
  expect(first.status).toBe(200);
  const second = await admin.rest("/v1/trace?client_id=a");
  expect(second).toMatchObject({ status: 429, json: { code: 8, message: "1 streams are open, which is the limit" } });
  await first.body?.cancel();
  await admin.broker.until(() => admin.broker.log.some(({ message }) => message === "api stream ended"));
  const third = await fetch(`${admin.url}/v1/trace?client_id=a`, { headers: { accept: "text/event-stream" } });
  expect(third.status).toBe(200);
  await admin.stop();
});

test("a connection that sends half a request does not keep the broker from stopping", async () => {
  const admin = await startAdmin();
  const socket = createConnection(Number(new URL(admin.url).port), "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write("GET /v1/clients HTTP/1.1\r\nhost: x\r\n", () => resolve()));
  await admin.stop();
  await closed;
});
