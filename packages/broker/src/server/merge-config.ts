/** What a reload leaves as it is. */

import type { BrokerConfig } from "../config/index.ts";
import { snakeCase } from "../config/names.ts";

/** The new configuration, but for the keys (as `compareConfigs` names them) that wait for a restart. */
export function mergeLive(current: BrokerConfig, next: BrokerConfig, restart: readonly string[]): BrokerConfig {
  const kept = new Set(restart.map((path) => path.split(".")[0]));
  const merged: Record<string, unknown> = { ...next };
  for (const key of Object.keys(next) as (keyof BrokerConfig)[]) {
    const fileKey = snakeCase(key);
    if (kept.has(fileKey)) merged[key] = mergeSection(current[key], next[key], restart, fileKey);
  }
  return Object.freeze(merged) as unknown as BrokerConfig;
}

function mergeSection(current: unknown, next: unknown, restart: readonly string[], path: string): unknown {
  if (restart.includes(path) || typeof current !== "object" || current === null || Array.isArray(current))
    return current;
  const merged: Record<string, unknown> = { ...(next as object) };
  for (const key of Object.keys(merged)) {
    const fileKey = `${path}.${snakeCase(key)}`;
    if (restart.includes(fileKey)) merged[key] = (current as Record<string, unknown>)[key];
  }
  return Object.freeze(merged);
}
