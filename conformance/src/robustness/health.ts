/** Whether a broker is as well as before: answers in its normal time, memory and handles back, nothing odd in its log. */

import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Launched } from "../brokers/broker.ts";
import { connect } from "../bytes/packets.ts";
import { Client, openTcp } from "../client/client.ts";
import { unexpected } from "../runner/run.ts";

/** What a broker holds. */
export interface Vitals {
  /** What is in use behind a garbage collection, in MiB: not what V8 and malloc keep for later. */
  readonly memory: number;
  /** Open file descriptors (sockets, files, pipes) on Linux; 0 elsewhere. */
  readonly handles: number;
}

/** What a healthy client may need, judged by what it needs now: the machine may be busy with something else. */
export async function patienceNow(broker: Launched): Promise<number> {
  const rounds = [await healthyRound(broker), await healthyRound(broker), await healthyRound(broker)];
  return Math.max(NORMAL, Math.max(...rounds) * 5);
}

/** Memory that may stay in use, in MiB: code that was compiled on the way, and tables that have grown. */
const MEMORY_SLACK = 4;
/** A healthy client's whole round may take this long where the machine has nothing else to do, in milliseconds. */
const NORMAL = 2000;

/** Memory and handles now. */
export async function vitals(broker: Launched): Promise<Vitals> {
  return { memory: (await broker.memoryInUse?.()) ?? 0, handles: handlesOf(broker.pid) };
}

function handlesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Connects, subscribes, publishes at every QoS and leaves; how long that took, in milliseconds. */
export async function healthyRound(broker: Launched): Promise<number> {
  const began = performance.now();
  const id = `healthy${Math.floor(Math.random() * 1e9)}`;
  const client = new Client(5, await openTcp(broker.host, broker.port), { id });
  client.send(connect(5, { id }));
  const connack = await client.take("connack");
  if (connack.code !== 0) throw new Error(`a healthy client was refused with 0x${connack.code.toString(16)}`);
  await client.subscribe(`${id}/x`);
  for (const qos of [0, 1, 2]) {
    await client.publish(`${id}/x`, `${qos}`, { qos });
    const found = await client.message();
    if (found.text !== `${qos}`) throw new Error(`a healthy client got "${found.text}" instead of "${qos}"`);
  }
  await client.disconnect();
  if (client.failure !== undefined) throw client.failure;
  return performance.now() - began;
}

/** Deletes all retained messages that a client can see. */
export async function forgetRetained(broker: Launched): Promise<void> {
  const id = `tidy${Math.floor(Math.random() * 1e9)}`;
  const client = new Client(5, await openTcp(broker.host, broker.port), { id });
  client.send(connect(5, { id }));
  await client.take("connack");
  await client.subscribe([
    ["#", 0],
    ["$x/#", 0],
  ]);
  await client.ping();
  for (const { topicBytes } of client.inbox.filter(({ name, retain }) => name === "publish" && retain)) {
    client.publishOnly(topicBytes, "", { retain: true });
  }
  await client.ping();
  await client.disconnect();
}

/** Complaints when a healthy client is not served in time; the best of three counts. */
export async function serves(broker: Launched, patience: number): Promise<string[]> {
  let best = Number.POSITIVE_INFINITY;
  try {
    for (let round = 0; round < 3 && best > patience; round++) best = Math.min(best, await healthyRound(broker));
  } catch (error) {
    return [`a healthy client failed: ${(error as Error).message}`];
  }
  return best <= patience
    ? []
    : [`a healthy client needed ${Math.round(best)} ms, usual is less than ${Math.round(patience)}`];
}

/** Complaints after a test, measured against what was before it. Handles and memory get a few seconds to go back. */
export async function checkHealth(
  broker: Launched,
  before: Vitals,
  logFrom: number,
  patience: number,
): Promise<string[]> {
  const complaints: string[] = [];
  if (broker.exitCode() !== null) return [`the broker ended (${broker.exitCode()}): ${broker.log().slice(-2000)}`];
  complaints.push(...(await serves(broker, patience)));
  let now = await vitals(broker);
  for (let round = 0; round < 40 && !isBack(before, now); round++) {
    await delay(250);
    now = await vitals(broker);
  }
  if (now.handles > before.handles + 2) complaints.push(`${now.handles} handles are open, it were ${before.handles}`);
  if (now.memory > before.memory + MEMORY_SLACK)
    complaints.push(`memory rose from ${before.memory} to ${now.memory} MiB`);
  complaints.push(...unexpected(broker.log().slice(logFrom)).map((line) => `its log says: ${line}`));
  return complaints;
}

function isBack(before: Vitals, now: Vitals): boolean {
  return now.handles <= before.handles + 2 && now.memory <= before.memory + MEMORY_SLACK;
}
