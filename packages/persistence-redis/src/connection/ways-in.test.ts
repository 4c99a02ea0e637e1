/** Every way to a Redis that the configuration knows: users, TLS, sentinels. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@gmqtt/broker";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { RedisPersistence } from "../redis-persistence.ts";
import { configOf } from "../testing/open-store.ts";
import { freePort, RedisServer } from "../testing/redis-server.ts";
import { collect, putSession } from "../testing/samples.ts";

const folder = mkdtempSync(join(tmpdir(), "gmqtt-redis-ways-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeStore(section: Record<string, unknown>): RedisPersistence {
  const config = configOf({ connect_timeout: "5s", ...section });
  const store = new RedisPersistence({ config, logger: silentLogger, baseDirectory: folder, onFenced: () => {} });
  onTestFinished(() => store.close());
  return store;
}

async function startRedis(...args: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...args);
  onTestFinished(() => server.dispose());
  return server;
}

/** Opens it and keeps a session there. */
async function works(section: Record<string, unknown>): Promise<void> {
  const store = makeStore(section);
  await store.open();
  await store.commit([putSession("one")]);
  expect((await collect(store.sessions())).map(({ session }) => session.clientId)).toEqual(["one"]);
}

describe("a user of Redis", () => {
  it("is let in with the password, and a wrong one is named", async () => {
    const { port } = await startRedis();
    const admin = new Redis({ port });
    await admin.call("ACL", "SETUSER", "broker", "on", ">secret", "~gmqtt:*", "+@all");
    await admin.call("ACL", "SETUSER", "default", "off");
    admin.disconnect();
    const addr = `127.0.0.1:${port}`;
    await works({ addr, username: "broker", password: "secret" });
    const stranger = makeStore({ addr, username: "broker", password: "guess", connect_timeout: "500ms" });
    await expect(stranger.open()).rejects.toThrow(`redis at ${addr} can't be used: WRONGPASS`);
  });
});

/** Makes the certificates of this file in its folder. */
function makeCertificates(): void {
  const openssl = (...args: string[]): unknown => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const make = (name: string, ...rest: string[]): unknown =>
    openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
      ...["-keyout", `${name}.key`, "-out", `${name}.crt`, "-subj", `/CN=${name}`, ...rest],
    );
  make("authority");
  const signed = ["-CA", "authority.crt", "-CAkey", "authority.key"];
  make("redis.example.org", "-addext", "subjectAltName=DNS:redis.example.org", ...signed);
  make("broker", ...signed);
}

/** The settings of a server with the certificate of redis.example.org. */
function serverTls(port: number): [name: string, value: string][] {
  return [
    ["tls-port", String(port)],
    ["tls-ca-cert-file", join(folder, "authority.crt")],
    ["tls-cert-file", join(folder, "redis.example.org.crt")],
    ["tls-key-file", join(folder, "redis.example.org.key")],
    ["tls-replication", "yes"],
    ["tls-auth-clients", "no"],
  ];
}

const asArguments = (settings: [string, string][]): string[] =>
  settings.flatMap(([name, value]) => [`--${name}`, value]);

describe("TLS", () => {
  beforeAll(makeCertificates);

  it("goes to the primary and to the sentinels, each with settings of its own", async () => {
    const port = await freePort();
    await startRedis(...asArguments(serverTls(port)));
    const sentinel = await startSentinel(port, serverTls);
    const tls = { cacert: "authority.crt", server_name: "redis.example.org" };
    const addresses = [`127.0.0.1:${sentinel}`];
    await works({ tls, sentinel: { master: "main", addresses, tls } });
    const careless = makeStore({ sentinel: { master: "main", addresses, tls }, connect_timeout: "1s" });
    await expect(careless.open()).rejects.toThrow(/can't be used/); // the primary's port speaks TLS alone
  });

  it("checks the server against the authority, and shows our certificate", async () => {
    const port = await freePort();
    await startRedis(...asArguments(serverTls(port)), "--tls-auth-clients", "yes");
    const ours = { cacert: "authority.crt", cert: "broker.crt", key: "broker.key" };
    const addr = `127.0.0.1:${port}`;
    await works({ addr, tls: { ...ours, server_name: "redis.example.org" } });
    const refused = (tls: object): Promise<void> => makeStore({ addr, tls, connect_timeout: "500ms" }).open();
    await expect(refused({ ...ours, server_name: "other.example.org" })).rejects.toThrow(/altnames/);
    await expect(refused({ cert: ours.cert, key: ours.key })).rejects.toThrow(/self.signed|local issuer/);
    await expect(refused({ cacert: ours.cacert, server_name: "redis.example.org" })).rejects.toThrow(/can't be used/);
  });
});

describe("sentinels", () => {
  it("say who is primary, and the store follows when that changes", async () => {
    const primary = await startRedis();
    const replica = await startRedis("--replicaof", "127.0.0.1", String(primary.port));
    const port = await startSentinel(primary.port);
    const sentinel = new Redis({ port });
    sentinel.on("error", () => {}); // it has only just been started
    onTestFinished(() => sentinel.disconnect());
    const replicas = async (): Promise<number> => ((await sentinel.call("SENTINEL", "REPLICAS", "main")) as []).length;
    await expect.poll(replicas, { timeout: 30_000 }).toBe(1);
    const store = makeStore({ sentinel: { master: "main", addresses: [`127.0.0.1:${port}`] } });
    await store.open();
    await store.commit([putSession("one")]);
    const admin = new Redis({ port: replica.port });
    onTestFinished(() => admin.disconnect());
    await expect.poll(() => admin.exists("gmqtt:session:{one}"), { timeout: 10_000 }).toBe(1);
    await primary.kill();
    await store.commit([putSession("two")]);
    expect(await admin.exists("gmqtt:session:{one}", "gmqtt:session:{two}")).toBe(2);
  }, 90_000);
});

/** One that is alone and impatient. */
async function startSentinel(
  primary: number,
  tls?: (port: number) => readonly (readonly [string, string])[],
): Promise<number> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  const lines = [
    ...(tls === undefined ? [`port ${port}`] : ["port 0", ...tls(port).map((setting) => setting.join(" "))]),
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    "sentinel down-after-milliseconds main 500",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child: ChildProcess = spawn("redis-server", [file, "--sentinel"], { stdio: "ignore" });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return port;
}
