/** Sends what no client should and looks at how the broker takes it: the connection ends, and nobody else feels it. */

import type { ProtocolVersion } from "@gmqtt/packets";
import type { TestBroker, TestClient } from "@gmqtt/testing";
import { expect } from "vitest";

/** A neighbour that must not notice anything. */
export interface Bystander {
  readonly client: TestClient;
  /** Fails unless the neighbour heard nothing and is served as before. */
  unharmed(): Promise<void>;
}

/** A client that listens to everything, and to itself. */
export async function bystander(broker: TestBroker): Promise<Bystander> {
  const client = await broker.connect({ clientId: "bystander" });
  await client.subscribe("#");
  return {
    client,
    async unharmed() {
      await client.nothing();
      await client.publish("bystander", "still here");
      expect(await client.next("publish")).toMatchObject({ text: "still here" });
    },
  };
}

/**
 * The broker ends this connection: in 5.0 after DISCONNECT with one of the codes, in 3.x without a word. `note` says in a
 * failure which case it was.
 */
export async function refuses(
  broker: TestBroker,
  client: TestClient,
  codes: readonly number[],
  note: string,
): Promise<void> {
  await broker.idle();
  if (client.version === 5) {
    const last = client.unread.at(-1);
    expect(last, note).toMatchObject({ type: 14 });
    if (last?.type === 14) expect(codes.map(hex), note).toContain(hex(last.reasonCode));
    await client.find("disconnect");
  }
  expect(client.ended, `${note}: still open`).toBe(true);
}

/** Connects, sends the bytes, and expects the end. */
export async function refusesBytes(
  broker: TestBroker,
  version: ProtocolVersion,
  bytes: Uint8Array,
  codes: readonly number[],
  note: string = bytes.toString(),
): Promise<void> {
  const client = await broker.connect({ version });
  client.sendBytes(bytes);
  await refuses(broker, client, codes, note);
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
