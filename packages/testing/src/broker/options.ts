/** What a test broker is made of. */

import type { BrokerConfigInput, Logger, Persistence, Plugin } from "@gmqtt/broker";
import type { VirtualClock } from "../clock/virtual-clock.ts";

/** What becomes of commits that were under way when their broker was killed. */
export type PendingCommits = "lost" | "stored";

/** One broker's connection to a store. */
export interface StoreConnection extends Persistence {
  /** The broker at this end was killed; nobody hears of its pending commits, which are lost or stored all the same. */
  abandon?(pending: PendingCommits): void;
}

/** A store that outlives its connections, so that a broker can be stopped or killed and started again on it. */
export interface PersistenceSource {
  /** A new connection to the same state; the broker opens it. */
  connect(): StoreConnection;
  /** True: the store waits for the clock, for turns of the event loop or for the test, never for real input and output. */
  readonly virtual?: boolean;
}

/** What a test broker is made of; everything is optional. */
export interface TestBrokerOptions {
  /** Partial configuration, in camelCase; listeners are left out. */
  readonly config?: BrokerConfigInput;
  /** Plugins, the outermost first. A function is asked anew at every start. */
  readonly plugins?: readonly Plugin[] | (() => readonly Plugin[]);
  /** Default: the broker's memory store, which forgets everything at a restart. */
  readonly persistence?: PersistenceSource;
  /** Give the same clock to several brokers, or to a store, to let time pass for all of them. */
  readonly clock?: VirtualClock;
  /** Gets every log line besides `broker.log`. */
  readonly logger?: Logger;
  /** Random numbers from 0 to 1. Default: a sequence that is the same in every run. */
  readonly random?: () => number;
  /** Folder that relative paths in plugins start from. Default: the current one. */
  readonly baseDirectory?: string;
  /** Real milliseconds that `idle` waits for hooks and stores that do real work. Default: 1,000. */
  readonly patience?: number;
  /** `stop` fails when the broker counted errors that are bugs, unless this is true. */
  readonly allowInternalErrors?: boolean;
}

/** A sequence of random numbers that is the same in every run (mulberry32). */
export function repeatableRandom(seed: number = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
