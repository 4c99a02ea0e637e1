/** A Redis of the test's own, in a folder of its own, that it can kill, stop and start. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";

/** A port that nothing listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  return address.port;
}

export class RedisServer {
  readonly port: number;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "gmqtt-redis-"));
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  /** Starts one that keeps nothing on disk, unless `args` say otherwise. */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), args);
      try {
        await server.start();
        return server;
      } catch (error) {
        // Somebody else took the port in between.
        await server.dispose();
        if (attempt === 5) throw error;
      }
    }
  }

  /** Three servers that share the slots of a cluster. */
  static async startCluster(): Promise<RedisServer[]> {
    const servers: RedisServer[] = [];
    for (let index = 0; index < 3; index++) servers.push(await RedisServer.start("--cluster-enabled", "yes"));
    const clients = servers.map(({ port }) => new Redis({ port }));
    const ranges = [
      [0, 5460],
      [5461, 10_922],
      [10_923, 16_383],
    ] as const;
    const slots = ([first, last]: readonly [number, number]): number[] =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index);
    for (const [index, client] of clients.entries()) {
      await client.call("CONFIG", "SET", "cluster-require-full-coverage", "yes");
      await client.call("CLUSTER", "ADDSLOTS", ...slots(ranges[index] as readonly [number, number]));
      await client.call("CLUSTER", "MEET", "127.0.0.1", (servers[0] as RedisServer).port);
    }
    for (const client of clients) {
      while (!String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok")) await delay(50);
      while (((await client.call("CLUSTER", "NODES")) as string).trim().split("\n").length < 3) await delay(50);
      client.disconnect();
    }
    return servers;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { port } = this;
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", "", ...this.#args];
    const child = spawn("redis-server", args, { stdio: "ignore" });
    this.#process = child;
    for (let attempt = 0; ; attempt++) {
      const client = new Redis({ port, lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false });
      client.on("error", () => {});
      try {
        await client.connect();
        if ((await client.info("server")).includes(`process_id:${child.pid}\r\n`)) return;
        throw new Error(`another redis-server answers on port ${port}`);
      } catch (error) {
        if (attempt === 1000 || child.exitCode !== null) throw error;
        await delay(20);
      } finally {
        client.disconnect();
      }
    }
  }

  /** SIGKILL: what it had not written to disk is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#process?.kill(name);
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
