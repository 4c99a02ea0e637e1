/** Puts back what Redis lost, from the broker's memory. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { BrokerMemory, SessionMemory } from "@gmqtt/broker";
import { Cluster, type Redis } from "ioredis";
import { CommandWriter } from "../commit/command-writer.ts";
import { Compiler, type ProgressTables } from "../commit/compile.ts";
import type { Keys } from "../keys.ts";

/** Sessions or retained messages per commit. */
const PER_COMMIT = 200;
/** Keys or fields that Redis looks at in one step. */
const SCAN_COUNT = 1000;

/** What is to be sent before anything else. */
export interface Rewriting {
  readonly commands: readonly Buffer[];
  readonly sessions: number;
  readonly retained: number;
  /** Deliveries that only Redis had: what of them it has forgotten is lost. */
  readonly unreachable: number;
}

/** Takes its time, so that the broker goes on meanwhile; what changes is in commits that are sent behind it. */
export async function rewrite(
  keys: Keys,
  tables: ProgressTables,
  memory: BrokerMemory | undefined,
): Promise<Rewriting> {
  const commands: Buffer[] = [];
  let sessions = 0;
  let retained = 0;
  let unreachable = 0;
  let compiler = new Compiler(keys, tables);
  const cut = async (): Promise<void> => {
    commands.push(compiler.finish());
    compiler = new Compiler(keys, tables);
    await nextTurn();
  };
  for (const message of memory?.retained() ?? []) {
    compiler.putRetained(message.topic, message);
    if (++retained % PER_COMMIT === 0) await cut();
  }
  for (const session of memory?.sessions() ?? []) {
    addSession(compiler, session);
    unreachable += session.onlyStored;
    if (++sessions % PER_COMMIT === 0) await cut();
  }
  await cut();
  return { commands, sessions, retained, unreachable };
}

function addSession(compiler: Compiler, memory: SessionMemory): void {
  const { clientId } = memory.session;
  const plan = compiler.session(clientId);
  plan.remove();
  if (memory.onlyStored > 0) plan.keepQueueAbove(memory.readUpTo);
  plan.putSession(memory.session);
  for (const subscription of memory.subscriptions) plan.putSubscription(subscription.filter, subscription);
  for (const packetId of memory.incomingPacketIds) plan.putIncoming(packetId, true);
  for (const delivery of memory.deliveries) plan.putDelivery(delivery);
  plan.putLast(memory.lastSequence);
}

/** Commands that remove what Redis still has and the broker has ended since. */
export async function sweep(client: Redis | Cluster, keys: Keys, memory: BrokerMemory): Promise<Buffer[]> {
  const sessions = new Set<string>();
  for (const { session } of memory.sessions()) sessions.add(keys.session(session.clientId));
  const topics = new Set<string>();
  for (const { topic } of memory.retained()) topics.add(topic);
  const commands: Buffer[] = [];
  for (const node of client instanceof Cluster ? client.nodes("master") : [client]) {
    for await (const found of node.scanStream({ match: keys.sessionPattern, count: SCAN_COUNT })) {
      const writer = new CommandWriter();
      for (const key of found as string[]) {
        if (!sessions.has(key)) writer.command("UNLINK", key, keys.queue(keys.clientIdOf(key)));
      }
      commands.push(writer.finish());
    }
  }
  const stale = (await client.hkeys(keys.retained)).filter((topic) => !topics.has(topic));
  const writer = new CommandWriter();
  for (const topic of stale) writer.command("HDEL", keys.retained, topic);
  commands.push(writer.finish());
  return commands.filter(({ length }) => length > 0);
}
