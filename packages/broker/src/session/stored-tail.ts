/** The deliveries of a session that are only in the store, behind those in memory; read back page by page. */

import { isPromise } from "../awaitable.ts";
import type { StoredDelivery } from "../persistence/persistence.ts";
import type { SessionServices } from "./session-services.ts";

/** Deliveries read at first; also how many an offline session of a durable store keeps in memory. */
export const PAGE = 256;

/** Once it is known how large they are: so many that they have about this many bytes, but neither fewer nor more than that. */
const PAGE_BYTES = 1024 * 1024;
const SMALLEST_PAGE = 16;
const LARGEST_PAGE = 2048;

/** How long to wait before a failed read is tried again: milliseconds. */
const RETRY_DELAY = 1000;

export class StoredTail {
  readonly #clientId: string;
  readonly #services: SessionServices;
  readonly #take: (page: readonly StoredDelivery[]) => void;
  #length = 0;
  #readUpTo = 0;
  #reading = false;
  /** Deliveries to ask for. */
  #pageSize = PAGE;
  /** Added while a page was being read. */
  #meanwhile = 0;

  /** `take` gets what was read; it is counted out of the tail by then. */
  constructor(clientId: string, services: SessionServices, take: (page: readonly StoredDelivery[]) => void) {
    this.#clientId = clientId;
    this.#services = services;
    this.#take = take;
  }

  get length(): number {
    return this.#length;
  }

  /** Highest sequence that is in memory or was. */
  get readUpTo(): number {
    return this.#readUpTo;
  }

  /** The next page should be asked for when fewer than this wait in memory. */
  get lowWater(): number {
    return this.#pageSize / 2;
  }

  /** After a start: so many wait in the store. */
  restore(length: number): void {
    this.#length = length;
  }

  /** A delivery went to the store alone. */
  add(): void {
    this.#length++;
    if (this.#reading) this.#meanwhile++;
  }

  /** A delivery of this sequence is in memory as well. */
  passed(sequence: number): void {
    this.#readUpTo = sequence;
  }

  /** Reads the next page, unless one is under way. */
  read(): void {
    if (this.#reading || this.#length === 0) return;
    this.#reading = true;
    const { journal } = this.#services;
    journal.commit(); // the page has to hold what this turn added
    if (journal.stalled) void journal.settled().then(() => this.#request());
    else this.#request();
  }

  clear(): void {
    this.#length = 0;
  }

  #request(): void {
    this.#meanwhile = 0;
    const page = this.#services.persistence.deliveries(this.#clientId, this.#readUpTo, this.#pageSize);
    if (isPromise(page)) {
      page.then(
        (deliveries) => this.#arrived(deliveries),
        (error: unknown) => this.#failed(error),
      );
    } else {
      this.#arrived(page);
    }
  }

  #arrived(page: readonly StoredDelivery[]): void {
    this.#reading = false;
    if (this.#length === 0) return; // the session has ended meanwhile
    const fresh = page.filter(({ sequence }) => sequence > this.#readUpTo).slice(0, this.#length);
    this.#readUpTo = fresh.at(-1)?.sequence ?? this.#readUpTo;
    this.#length -= fresh.length;
    // A short page is the last: what is still counted beyond it came later, or the store has lost it.
    if (page.length < this.#pageSize && this.#length > this.#meanwhile) {
      this.#services.population.queued -= this.#length - this.#meanwhile;
      this.#length = this.#meanwhile;
    }
    this.#pageSize = pageSizeAfter(page);
    this.#take(fresh);
  }

  #failed(error: unknown): void {
    this.#reading = false;
    this.#services.logger.error({ err: error, clientId: this.#clientId }, "queue could not be read, trying again");
    this.#services.clock.setTimer(RETRY_DELAY, () => this.read());
  }
}

/** Small messages come in large pages, so that a long queue drains fast; large ones don't fill the memory. */
function pageSizeAfter(page: readonly StoredDelivery[]): number {
  let bytes = 1;
  for (const { message } of page) bytes += message.topic.length + message.payload.length;
  const fitting = Math.floor((PAGE_BYTES / bytes) * page.length);
  return Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, fitting));
}
