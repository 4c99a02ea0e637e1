/** Makes clients in numbers: a bounded number connects at a time. */

import { Client, type ClientOptions, type ClientOwner } from "./client.ts";
import type { Target } from "./spec.ts";
import type { Turn } from "./turn.ts";

const AT_A_TIME = 64;

/** Runs `work` for 0 to `count` - 1, a bounded number at a time. */
async function inTurn(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count) }, worker));
}

/** How the clients of a target connect. */
export function optionsFor(target: Target, clientId: string, sessionExpiry = 0): ClientOptions {
  const { endpoint, password, username, version } = target;
  return { endpoint, version, clientId, username, password, sessionExpiry };
}

/** Connects `count` clients named by `prefix`; `ready` is what each does then. */
export async function openFleet(
  target: Target,
  count: number,
  prefix: string,
  owner: ClientOwner,
  turn: Turn,
  ready: (client: Client) => Promise<void> = async () => {},
  sessionExpiry = 0,
): Promise<Client[]> {
  const clients = Array.from({ length: count }, (_, index) => new Client(index, owner, turn));
  await inTurn(count, async (index) => {
    const client = clients[index]!;
    await client.connect(optionsFor(target, `${prefix}-${process.pid}-${index}`, sessionExpiry));
    await ready(client);
  });
  return clients;
}
