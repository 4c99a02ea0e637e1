/** Where all messages and acknowledgements of a run come in: ledger, latencies, faults, and the publishers that may go on. */

import type { Client, ClientOwner } from "./client.ts";
import { Histogram } from "./histogram.ts";
import type { Ledger } from "./ledger.ts";
import type { Publisher } from "./publisher.ts";
import { elapsed, readPublisher, readRun, readSequence, readTime, STAMP_LENGTH } from "./stamp.ts";
import type { Turn } from "./turn.ts";

/** Milliseconds without a message after which what is on the way counts as lost: longer than a busy machine takes. */
const STALL = 10_000;

export class Desk implements ClientOwner {
  publishers: readonly Publisher[] = [];
  readonly latencies: Histogram = new Histogram();
  /** Whether publishers go on by themselves when something came back. */
  pumping = false;
  /** Whether latencies count. */
  measuring = false;
  acknowledged = 0;
  refused = 0;
  strange = 0;
  closed = 0;
  stalls = 0;
  readonly #run: number;
  readonly #ledger: Ledger;
  readonly #turn: Turn;
  #receivedAt = 0;
  #receivedThen = -1;

  constructor(run: number, ledger: Ledger, turn: Turn) {
    this.#run = run;
    this.#ledger = ledger;
    this.#turn = turn;
  }

  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, at: number): void {
    const publisher = end - start < STAMP_LENGTH ? undefined : this.publishers[readPublisher(bytes, start)];
    if (publisher === undefined || readRun(bytes, start) !== this.#run) {
      this.strange++;
      return;
    }
    const freed = this.#ledger.note(client.index, publisher.client.index, readSequence(bytes, start));
    publisher.window.arrived(freed);
    if (this.measuring) this.latencies.add(elapsed(readTime(bytes, start), at));
    if (this.pumping) this.#turn.publish(publisher);
  }

  onPublished(client: Client, packetId: number, refused: boolean): void {
    const publisher = this.publishers[client.index];
    if (publisher?.ids?.giveBack(packetId) !== true) {
      this.strange++;
      return;
    }
    this.acknowledged++;
    if (refused) this.refused++;
    if (this.pumping) this.#turn.publish(publisher);
  }

  onDrain(client: Client): void {
    const publisher = this.publishers[client.index];
    if (this.pumping && publisher?.client === client) this.#turn.publish(publisher);
  }

  onLost(_client: Client): void {
    this.closed++;
  }

  /** Lets all publishers begin. */
  pump(): void {
    this.pumping = true;
    for (const publisher of this.publishers) this.#turn.publish(publisher);
  }

  /** Looks whether anything still comes; a broker that loses messages must not hold the windows for ever. */
  checkStall(): void {
    const time = performance.now();
    const came = this.#ledger.received + this.acknowledged;
    if (came !== this.#receivedThen) {
      this.#receivedThen = came;
      this.#receivedAt = time;
      return;
    }
    if (time - this.#receivedAt < STALL) return;
    this.stalls++;
    this.#receivedAt = time;
    for (const publisher of this.publishers) publisher.window.reset();
    if (this.pumping) this.pump();
  }

  /** Whether everything sent has arrived and was acknowledged. */
  get settled(): boolean {
    return this.publishers.every(({ ids, window }) => window.outstanding <= 0 && (ids?.inUse ?? 0) === 0);
  }

  get sent(): number {
    return this.publishers.reduce((sum, { sequence }) => sum + sequence, 0);
  }

  /** What must be 0; `expected`: deliveries that all that was sent should have made. */
  faults(expected: number): Record<string, number> {
    const { repeated, received } = this.#ledger;
    const { closed, refused, stalls, strange } = this;
    return { lost: expected - received, repeated, closed, refused, strange, stalls };
  }
}

/** Quantiles in microseconds. */
export function latencyFigures(latencies: Histogram): Record<string, number> {
  if (latencies.count === 0) return {};
  return {
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    p999: latencies.quantile(0.999),
    max: latencies.max,
  };
}
