/** npm's aedes with its defaults, in memory; the conformance tests' script starts it. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Broker, RunningBroker, Setup } from "./broker.ts";
import { BROKER_CORE, PinnedProcess } from "./pinned.ts";

/** aedes as installed for this package. `root`: the checkout. */
export function aedes(root: string): Broker {
  const home = join(root, "bench");
  return {
    name: "aedes",
    version: versionAt(home),
    hint: "npx -y pnpm@10.34.9 install",
    features: new Set(["websocket", "long queues"]),
    start: (setup) => start(root, home, setup),
  };
}

function versionAt(home: string): string | undefined {
  try {
    const main = createRequire(join(home, "package.json")).resolve("aedes");
    const { version } = JSON.parse(readFileSync(join(dirname(main), "package.json"), "utf8")) as { version: string };
    return `aedes ${version}, Node.js ${process.versions.node}`;
  } catch {
    return undefined;
  }
}

async function start(root: string, home: string, { folder }: Setup): Promise<RunningBroker> {
  const script = join(root, "conformance/aedes.mjs");
  const broker = new PinnedProcess(BROKER_CORE, folder, process.execPath, [script], { AEDES_HOME: home });
  const [, port, webSocketPort] = await broker.until(() => /listening on (\d+) and (\d+)/.exec(broker.log));
  return {
    pid: broker.pid,
    port: Number(port),
    webSocketPort: Number(webSocketPort),
    webSocketPath: "/",
    stop: () => broker.stop(),
  };
}
