/** Slows down those who guess: after some failures each further one doubles the time until the next try is looked at. */

import { isIPv6 } from "node:net";

/** How failures are answered. Times in milliseconds. */
export interface ThrottleOptions {
  /** Failures of a user name that cost nothing. */
  readonly userFailures: number;
  /** Failures of an address that cost nothing; many may stand behind one. */
  readonly addressFailures: number;
  /** First waiting time, doubled with each further failure. */
  readonly wait: number;
  readonly maxWait: number;
  /** Without failures for so long, all is forgotten. */
  readonly forgetAfter: number;
  /** Addresses, user names and trusted pairs remembered, each; the oldest goes. */
  readonly entries: number;
}

interface Record {
  failures: number;
  lastFailure: number;
  /** Tries before this are not looked at. */
  notBefore: number;
}

/** A map that forgets its oldest entry. */
class BoundedMap<V> {
  readonly #entries: Map<string, V> = new Map();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest as string);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #now: () => number;
  readonly #addresses: BoundedMap<Record>;
  readonly #users: BoundedMap<Record>;
  /** User and address that belong together: others who fail from the same address, or with the same name, don't lock them out. */
  readonly #trusted: BoundedMap<true>;

  /** `now` is a monotonic time in milliseconds. */
  constructor(options: ThrottleOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#addresses = new BoundedMap(options.entries);
    this.#users = new BoundedMap(options.entries);
    this.#trusted = new BoundedMap(options.entries);
  }

  /** Entries held: addresses, users, trusted pairs. */
  get size(): number {
    return this.#addresses.size + this.#users.size + this.#trusted.size;
  }

  /** Milliseconds until a try is looked at; 0: now. */
  waitFor(address: string, username: string): number {
    if (this.#trusted.get(pair(address, username)) !== undefined) return 0;
    const now = this.#now();
    const until = Math.max(
      address === "" ? 0 : (this.#alive(this.#addresses, network(address), now)?.notBefore ?? 0),
      username === "" ? 0 : (this.#alive(this.#users, username, now)?.notBefore ?? 0),
    );
    return Math.max(0, until - now);
  }

  /** A try was wrong. */
  failed(address: string, username: string): void {
    const { addressFailures, userFailures } = this.#options;
    // One wrong guess is all that a trusted pair gives.
    this.#trusted.delete(pair(address, username));
    if (address !== "") this.#fail(this.#addresses, network(address), addressFailures);
    if (username !== "") this.#fail(this.#users, username, userFailures);
  }

  /** A try was right. The address keeps its failures: a valid account of the guesser's must not buy him more guesses. */
  succeeded(address: string, username: string): void {
    if (username === "") return;
    this.#users.delete(username);
    this.#trusted.set(pair(address, username), true);
  }

  #fail(records: BoundedMap<Record>, key: string, free: number): void {
    const now = this.#now();
    const { maxWait, wait } = this.#options;
    const failures = (this.#alive(records, key, now)?.failures ?? 0) + 1;
    const beyond = failures - free;
    const pause = beyond <= 0 ? 0 : Math.min(maxWait, wait * 2 ** Math.min(beyond - 1, 30));
    records.set(key, { failures, lastFailure: now, notBefore: now + pause });
  }

  #alive(records: BoundedMap<Record>, key: string, now: number): Record | undefined {
    const record = records.get(key);
    if (record === undefined || now - record.lastFailure < this.#options.forgetAfter) return record;
    records.delete(key);
    return undefined;
  }
}

function pair(address: string, username: string): string {
  return `${address} ${username}`;
}

/** Who has an IPv6 address has 2^64 of them. */
function network(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return `${[...before, ...middle, ...after].slice(0, 4).join(":")}::/64`;
}
