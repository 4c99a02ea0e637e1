import { randomUUID } from "node:crypto";
import { silentLogger } from "@gmqtt/broker";
import { describePersistence } from "@gmqtt/testing";
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandWriter } from "./commit/command-writer.ts";
import { RedisPersistence } from "./redis-persistence.ts";
import { configOf } from "./testing/open-store.ts";
import { RedisServer } from "./testing/redis-server.ts";
import { collect, putSession } from "./testing/samples.ts";

let servers: RedisServer[] = [];
beforeAll(async () => {
  servers = await RedisServer.startCluster();
});
afterAll(() => Promise.all(servers.map((server) => server.dispose())));

function connect(prefix: string): RedisPersistence {
  const config = configOf({ cluster: servers.map(({ port }) => `127.0.0.1:${port}`), key_prefix: prefix });
  return new RedisPersistence({ config, logger: silentLogger, baseDirectory: ".", onFenced: () => {} });
}

describePersistence(
  "a redis cluster",
  () => {
    const prefix = `${randomUUID()}:`;
    return { connect: () => connect(prefix) };
  },
  { describe, it },
);

describe("a redis cluster", () => {
  it("gets what was logged and not applied when its broker died", async () => {
    const prefix = `${randomUUID()}:`;
    const admin = new Cluster(servers.map(({ port }) => ({ host: "127.0.0.1", port })));
    const store = connect(prefix);
    await store.open();
    await store.commit([putSession("first")]);
    store.abandon();
    const writer = new CommandWriter();
    writer.command(
      "HSET",
      `${prefix}session:{logged}`,
      "session",
      (await admin.hget(`${prefix}session:{first}`, "session")) as string,
    );
    await admin.rpush(`${prefix}{broker}:log`, writer.finish());
    const next = connect(prefix);
    await next.open();
    const names = (await collect(next.sessions())).map(({ session }) => session.clientId);
    expect(names.sort()).toEqual(["first", "logged"]);
    expect(await admin.exists(`${prefix}{broker}:log`)).toBe(0);
    await next.close();
    admin.disconnect();
  });
});
