/** Who holds the lease: said so that people can find the process, and that its death can be told from its silence. */

import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The owner as the broker's key has it, in JSON. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** The same for all processes that can see each other; undefined where there is no /proc. */
  readonly system?: string | undefined;
  /** When the process began, as the kernel counts; a process id may be used again. */
  readonly started?: string | undefined;
  readonly id: string;
}

/** Brokers in this process that live, by their ids; one table, however often this module was loaded. */
const LIVING: unique symbol = Symbol.for("gmqtt.persistence-redis.owners");
const shared = globalThis as { [LIVING]?: Set<string> };
shared[LIVING] ??= new Set();
const living: Set<string> = shared[LIVING];

/** This process, and one of possibly several brokers in it, which lives until it is `buried`. */
export function describeOwner(): string {
  const { pid } = process;
  const owner: Owner = { host: hostname(), pid, system: systemOf(), started: startOf(pid), id: randomUUID() };
  living.add(owner.id);
  return JSON.stringify(owner);
}

/** The broker that described itself so is gone, whether it could tell Redis or not. */
export function buryOwner(text: string): void {
  const owner = parse(text);
  if (owner !== undefined) living.delete(owner.id);
}

/** For messages: `host a, process 12`. */
export function ownerName(text: string): string {
  const owner = parse(text);
  return owner === undefined ? text : `host ${owner.host}, process ${owner.pid}`;
}

/** True only when it is certain: the owner ran on this very system and its process is gone, or its broker in ours is. */
export function isDead(text: string): boolean {
  const owner = parse(text);
  const system = systemOf();
  if (owner?.system === undefined || system === undefined || owner.system !== system) return false;
  if (owner.pid === process.pid && owner.started === startOf(process.pid)) return !living.has(owner.id);
  return startOf(owner.pid) !== owner.started;
}

function parse(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

/** This boot of this machine, and the container's own numbering of processes. */
function systemOf(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program is in brackets and may hold anything; the start is the 22nd field, the state the third.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
