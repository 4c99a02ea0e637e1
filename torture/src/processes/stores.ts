/** The stores that can be tortured: how each is started, and what gmqttd's configuration says of it. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asks, freePort } from "./ports.ts";
import { Supervised } from "./supervised.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** A store under torture. */
export interface StoreHost {
  readonly process: Supervised;
  readonly wire: TcpProxy;
  /** The section `persistence`, as YAML. */
  readonly section: string;
}

/** Makes a store that keeps its files in `folder`. With `sabotage` the broker gets a spoiled one. */
export type StoreMaker = (folder: string, sabotage: boolean, onFault: (what: string) => void) => Promise<StoreHost>;

const plugin = fileURLToPath(new URL("../../../packages/persistence-redis/dist/index.js", import.meta.url));
const saboteur = fileURLToPath(new URL("../sabotage.js", import.meta.url));

/** A Redis that has written to disk what it answered for. */
async function redis(folder: string, sabotage: boolean, onFault: (what: string) => void): Promise<StoreHost> {
  const port = await freePort();
  const args = ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const process = new Supervised({
    command: "redis-server",
    args: [...args.map(String), "--appendonly", "yes", "--appendfsync", "always"],
    logFile: join(folder, "redis.log"),
    probe: () => asks(port, "PING\r\n", "+PONG"),
    onFault,
  });
  const wire = await TcpProxy.listen(port);
  const section = [
    "persistence:",
    "  type: redis",
    "  redis:",
    `    package: "${sabotage ? saboteur : plugin}"`,
    `    addr: "127.0.0.1:${wire.port}"`,
    "    command_timeout: 2s",
    "    connect_timeout: 2s",
    "    unavailable_after: 5s",
  ].join("\n");
  return { process, wire, section };
}

/** By the name given with `--store`. */
export const stores: Readonly<Record<string, StoreMaker>> = { redis };
