/** One run: a broker is started, loaded by a process on the other core, and stopped. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCOUNT, type Broker, type RunningBroker, type Setup } from "../brokers/broker.ts";
import { LOAD_CORE, onCore } from "../brokers/pinned.ts";
import type { LoadResult, Target } from "../load/spec.ts";
import type { Workload } from "../workloads.ts";

const generator = fileURLToPath(new URL("../../dist/load/main.js", import.meta.url));
/** No run takes as long, in milliseconds. */
const LONGEST = 180_000;

/** Whether a broker can be asked to do this. */
export function can(broker: Broker, { features }: Workload): boolean {
  return features.every((feature) => broker.features.has(feature));
}

/** Runs the workload once; `prefix` stands in front of the generator's command line. Rejects when broker or generator fail. */
export async function measure(
  broker: Broker,
  workload: Workload,
  certificate: Setup["certificate"],
  prefix: readonly string[] = [],
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-bench-"));
  try {
    const running = await broker.start({ features: new Set(workload.features), folder, certificate });
    try {
      await running.pause?.();
      const { faults, figures } = await load(targetOf(running, workload), workload, prefix);
      const pause = await running.pause?.();
      return { faults, figures: pause === undefined ? figures : { ...figures, pause } };
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function targetOf(running: RunningBroker, { features, transport, version }: Workload): Target {
  const { pid, tlsPort, webSocketPath = "/", webSocketPort } = running;
  const port = transport === "tls" ? tlsPort : transport === "websocket" ? webSocketPort : running.port;
  if (port === undefined) throw new Error(`the broker has no listener for ${transport}`);
  const account = features.includes("accounts") ? ACCOUNT : {};
  return { endpoint: { transport, port, path: webSocketPath }, pid, version, ...account };
}

async function load(target: Target, workload: Workload, prefix: readonly string[]): Promise<LoadResult> {
  const [pinned, pinnedArgs] = onCore(LOAD_CORE, process.execPath, [
    generator,
    JSON.stringify({ target, load: workload.load }),
  ]);
  const [command = pinned, ...args] = [...prefix, pinned, ...pinnedArgs];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: LONGEST });
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.on("exit", killAtExit);
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  process.off("exit", killAtExit);
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${lastLines(errors)}`);
  return JSON.parse(output) as LoadResult;
}

function lastLines(text: string): string {
  const error = text.split("\n").find((line) => /^\w*Error/.test(line));
  return error ?? text.trim().slice(-300);
}
