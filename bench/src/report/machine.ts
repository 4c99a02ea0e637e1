/** What the figures were measured on. */

import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import type { Broker } from "../brokers/broker.ts";
import { BROKER_CORE, canPin, LOAD_CORE } from "../brokers/pinned.ts";

/** Lines about machine, versions and command, in markdown. */
export function circumstances(
  root: string,
  brokers: readonly Broker[],
  args: readonly string[],
  repeat: number,
): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  const commit = spawnSync("git", ["-C", root, "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).stdout.trim();
  const pinning = canPin ? `broker on core ${BROKER_CORE}, load on core ${LOAD_CORE}` : "nothing pinned to a core";
  return [
    `- ${new Date().toISOString().slice(0, 10)}, commit ${commit}: \`${["pnpm bench", ...args].join(" ")}\``,
    `- ${availableParallelism()} cores of ${model}, ${memory} GiB, Linux ${release()}; ${pinning}`,
    `- ${brokers.map(({ version }) => version).join("; ")}`,
    `- ${repeat === 1 ? "one run each" : `median of ${repeat} runs`}; payload of 64 bytes, MQTT 3.1.1 over TCP, where nothing else is said`,
  ].join("\n");
}
