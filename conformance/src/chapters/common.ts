/** What several chapters need. */

import type { Part } from "../bytes/bytes.ts";
import type { ConnectOptions } from "../bytes/packets.ts";
import type { Client } from "../client/client.ts";
import type { TestContext } from "../runner/context.ts";

/** Connect options of a session that outlives its connection, in every version. */
export const LASTING: ConnectOptions = { clean: false, expiry: 60 };

/** Byte strings that are not UTF-8: surrogate, overlong, stray byte, above U+10FFFF, cut off. */
export const ILL_FORMED: readonly Buffer[] = ["eda080", "c080", "ff", "f4908080", "e282", "c328"].map((digits) =>
  Buffer.from(`61${digits}`, "hex"),
);

/** Byte strings that must not stand in a string, though they are UTF-8. */
export const WITH_NUL: Buffer = Buffer.from("a\u0000b");

/** Malformed or Protocol Error: which of the two is often a matter of taste. */
export const FAULTS: readonly number[] = [0x81, 0x82];

/** Connects a client, sends this, and expects the end of the connection, with one of these codes if it says why. */
export async function fatal(
  t: TestContext,
  send: Part,
  codes: readonly number[] = FAULTS,
  options: ConnectOptions = {},
): Promise<Client> {
  const client = await t.connect(options);
  client.send(send);
  await client.refused(...codes);
  return client;
}

/** One after the other; each with its number, so that a failure says which. */
export async function each<T>(list: readonly T[], run: (item: T, index: number) => Promise<unknown>): Promise<void> {
  for (const [index, item] of list.entries()) {
    try {
      await run(item, index);
    } catch (error) {
      const shown = Buffer.isBuffer(item) ? item.toString("hex") : JSON.stringify(item);
      (error as Error).message = `case ${index + 1} (${shown}): ${(error as Error).message}`;
      throw error;
    }
  }
}

/** Connects a subscriber: the filter is granted when this resolves. */
export async function subscriber(
  t: TestContext,
  filter: string | readonly [string, number],
  options: ConnectOptions = {},
): Promise<Client> {
  const client = await t.connect(options);
  await client.subscribe(filter);
  return client;
}
