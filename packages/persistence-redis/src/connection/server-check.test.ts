import { silentLogger } from "@gmqtt/broker";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { TestStore } from "../testing/open-store.ts";
import { RedisServer } from "../testing/redis-server.ts";
import { checkServer } from "./server-check.ts";

describe("a version", () => {
  it.each(["5.0.14", "6.0.16", "2.8.4"])("%s is too old, and said so", (version) => {
    const { problem } = checkServer(`# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n`);
    expect(problem).toBe(`it is version ${version}, 6.2 or later is needed`);
  });

  it.each(["6.2.0", "7.0.15", "7.2.4", "8.10.1"])("%s is new enough", (version) => {
    expect(checkServer(`redis_version:${version}\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\n`)).toEqual({
      warnings: [],
    });
  });
});

describe("a start", () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    admin = new Redis({ port: server.port });
  });
  afterAll(async () => {
    admin.disconnect();
    await server.dispose();
  });

  /** What a start warns of. */
  async function warnings(): Promise<unknown[]> {
    const told: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object, text: string) => void told.push([fields, text]) };
    const store = await TestStore.create(server.port, {}, logger);
    onTestFinished(() => store.dispose());
    const connection = store.connect();
    await connection.open();
    await connection.close();
    return told;
  }

  it("warns of a Redis that forgets, and not of one that does not", async () => {
    await admin.config("SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru");
    const redis = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(await warnings()).toEqual([
      [{ redis, appendonly: "no" }, expect.stringContaining("keeps no append-only file")],
      [{ redis, "maxmemory-policy": "allkeys-lru" }, expect.stringContaining("throws keys away")],
    ]);
    await admin.config("SET", "maxmemory-policy", "noeviction", "appendonly", "yes");
    expect(await warnings()).toEqual([]);
  });

  it("does without, where it may not ask", async () => {
    await admin.call("ACL", "SETUSER", "default", "-info");
    onTestFinished(async () => void (await admin.call("ACL", "SETUSER", "default", "+info")));
    expect(await warnings()).toEqual([]);
  });
});
