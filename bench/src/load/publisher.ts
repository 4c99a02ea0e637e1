/** One publisher: fills its window with copies of its template. */

import type { Client } from "./client.ts";
import type { PacketIds } from "./packet-ids.ts";
import type { PublishTemplate } from "./publish-template.ts";
import { now, writeStamp } from "./stamp.ts";
import type { AtTurnEnd } from "./turn.ts";
import type { Window } from "./window.ts";

export class Publisher implements AtTurnEnd {
  readonly client: Client;
  readonly window: Window;
  readonly ids: PacketIds | undefined;
  listed = false;
  /** Messages sent so far; the next one's sequence number. */
  sequence = 0;
  /** At which number of messages it stops. */
  limit: number = Number.POSITIVE_INFINITY;
  readonly #template: (sequence: number) => PublishTemplate;

  /** `ids`: undefined at QoS 0. `template` may differ from message to message. */
  constructor(
    client: Client,
    template: (sequence: number) => PublishTemplate,
    window: Window,
    ids: PacketIds | undefined,
  ) {
    this.client = client;
    this.window = window;
    this.ids = ids;
    this.#template = template;
  }

  /** Publishes what fits into the window. */
  atTurnEnd(): void {
    const time = now();
    while (this.#mayPublish()) this.publish(time);
  }

  /** Publishes one message that says it was sent at `time`. */
  publish(time: number): void {
    const { bytes, packetIdAt, payloadAt } = this.#template(this.sequence);
    const at = this.client.append(bytes.length);
    const out = this.client.outbox.bytes;
    out.set(bytes, at);
    if (this.ids !== undefined) {
      const id = this.ids.take();
      out[at + packetIdAt] = id >> 8;
      out[at + packetIdAt + 1] = id;
    }
    writeStamp(out, at + payloadAt, this.client.index, this.sequence, time);
    this.sequence++;
    this.window.sent();
  }

  #mayPublish(): boolean {
    if (this.sequence >= this.limit || !this.window.open || this.client.full) return false;
    return this.ids === undefined || this.ids.left > 0;
  }
}
