/** A real service on a real port, that answers as told. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger } from "@gmqtt/broker";
import { expect, onTestFinished, test } from "vitest";
import { configSchema } from "../config.ts";
import type { Credentials } from "../login/credentials.ts";
import { HttpSource } from "./http-source.ts";

interface Callout {
  readonly source: HttpSource;
  /** Bodies and headers of what was asked. */
  readonly asked: { readonly body: Record<string, unknown>; readonly headers: IncomingMessage["headers"] }[];
  pass(milliseconds: number): void;
}

const BOB: Credentials = {
  clientId: "c1",
  username: "bob",
  password: Buffer.from("builder"),
  address: "192.0.2.1",
  commonName: undefined,
  protocolVersion: 4,
};

async function callout(answer: (response: ServerResponse) => void, keys: object = {}): Promise<Callout> {
  const asked: Callout["asked"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({
        body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
        headers: request.headers,
      });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`;
  const result = configSchema.safeParse({ http: { url, ...keys } });
  if (!result.success) throw new Error(JSON.stringify(result.error.issues));
  const config = result.data.http as NonNullable<typeof result.data.http>;
  let now = 0;
  const source = new HttpSource({ config, monotonic: () => now, now: () => 1_000_000 + now, logger: silentLogger });
  onTestFinished(() => source.close());
  return {
    source,
    asked,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

test("is told who is there, and says who that is, until when and with which rules", async () => {
  const rules = [{ topic: "a/#" }];
  const { source, asked } = await callout(
    json({ result: "allow", username: "robert", client_id: "c1", expires_in: 60, rules }),
    {
      headers: { authorization: "Bearer broker" },
    },
  );
  expect(await source.check(BOB)).toMatchObject({
    outcome: "accepted",
    username: "robert",
    clientId: "c1",
    expiresAt: 1_060_000,
    rules: [{ name: "callout rule 1" }],
  });
  expect(asked[0]?.body).toEqual({
    client_id: "c1",
    username: "bob",
    password: "builder",
    address: "192.0.2.1",
    certificate_cn: null,
    protocol_version: 4,
  });
  expect(asked[0]?.headers.authorization).toBe("Bearer broker");
});

test("gets a password that is no text in base64", async () => {
  const { source, asked } = await callout(json({ result: "deny" }));
  await source.check({ ...BOB, password: Buffer.from([0xff, 0xfe]) });
  expect(asked[0]?.body).toMatchObject({ password: null, password_base64: "//4=" });
});

test.each([
  ["deny", json({ result: "deny" }), { outcome: "refused" }],
  ["401", json({}, 401), { outcome: "refused" }],
  ["403", json({}, 403), { outcome: "refused" }],
  ["204", (response: ServerResponse) => void response.writeHead(204).end(), { outcome: "accepted" }],
  ["ignore", json({ result: "ignore" }), { outcome: "unknown" }],
])("answers %s", async (_, answer, expected) => {
  const { source } = await callout(answer);
  const given = await source.check(BOB);
  expect(given).toMatchObject(expected);
  expect(given).not.toHaveProperty("unavailable");
});

test.each<[string, (response: ServerResponse) => void]>([
  ["an error", json({ result: "allow" }, 500)],
  ["something that is no JSON", (response) => response.writeHead(200).end("yes")],
  ["something else", json({ result: "maybe" })],
  ["rules that are none", json({ result: "allow", rules: [{ topic: "" }] })],
  ["a redirect", (response) => response.writeHead(302, { location: "/other" }).end()],
  ["nothing and hangs up", (response) => response.destroy()],
  ["without end", (response) => response.writeHead(200).end("x".repeat(300_000))],
])("lets nobody in when the service answers %s", async (_, answer) => {
  const { source } = await callout(answer);
  expect(await source.check(BOB)).toMatchObject({ outcome: "refused", unavailable: true });
});

test("lets nobody in when the service does not answer in time, or is not there", async () => {
  const { source } = await callout(() => {}, { timeout: "50ms" });
  const expected = { outcome: "refused", unavailable: true, reason: "callout failed: no answer within 50 ms" };
  expect(await source.check(BOB)).toEqual(expected);
  const gone = await callout(() => {}, { url: "http://127.0.0.1:1/" });
  expect(await gone.source.check(BOB)).toMatchObject({ outcome: "refused", unavailable: true });
});

test("an answer is remembered for a while, for exactly what was asked, and failures are not", async () => {
  let status = 500;
  const { source, asked, pass } = await callout((response) => json({ result: "allow" }, status)(response), {
    cache_ttl: "10s",
  });
  await source.check(BOB);
  status = 200;
  expect(await source.check(BOB)).toMatchObject({ outcome: "accepted" });
  expect(asked).toHaveLength(2);
  expect(source.check(BOB)).toMatchObject({ outcome: "accepted" }); // at once, no promise
  await source.check({ ...BOB, password: Buffer.from("other") });
  expect(asked).toHaveLength(3);
  pass(10_000);
  await source.check(BOB);
  expect(asked).toHaveLength(4);
});

test("an answer that ends is not remembered beyond its end", async () => {
  const { source, asked, pass } = await callout(json({ result: "allow", expires_in: 5 }), { cache_ttl: "1m" });
  await source.check(BOB);
  pass(5_000);
  await source.check(BOB);
  expect(asked).toHaveLength(2);
});

test("remembers no more than it may", async () => {
  const { source, asked } = await callout(json({ result: "allow" }), { cache_entries: 2 });
  for (const clientId of ["1", "2", "3", "1"]) await source.check({ ...BOB, clientId });
  expect(asked).toHaveLength(4);
});

test("asks once for the same at the same time, and bounds what is under way", async () => {
  const open: ServerResponse[] = [];
  const { source, asked } = await callout((response) => void open.push(response), { max_pending: 1 });
  const one = source.check(BOB);
  const same = source.check(BOB);
  expect(await source.check({ ...BOB, clientId: "c2" })).toMatchObject({ outcome: "refused", unavailable: true });
  while (open.length === 0) await new Promise((resolve) => setImmediate(resolve));
  json({ result: "allow" })(open[0] as ServerResponse);
  expect(await Promise.all([one, same])).toMatchObject([{ outcome: "accepted" }, { outcome: "accepted" }]);
  expect(asked).toHaveLength(1);
});
