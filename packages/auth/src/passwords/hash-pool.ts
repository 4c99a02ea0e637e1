/** Threads for slow password hashes: few, of low priority, with a bounded queue in front of them. */

import { Worker } from "node:worker_threads";
import type { Argon2Parameters } from "./argon2-text.ts";

/** What the threads can compute; see worker/hash-worker.mjs. */
export type HashTask =
  | ({ readonly name: "argon2"; readonly password: Uint8Array; readonly length: number } & Argon2Parameters)
  | { readonly name: "bcrypt-verify"; readonly password: Uint8Array; readonly stored: string }
  | { readonly name: "bcrypt-hash"; readonly password: Uint8Array; readonly cost: number }
  | {
      readonly name: "pbkdf2";
      readonly password: Uint8Array;
      readonly salt: Uint8Array;
      readonly iterations: number;
      /** Bytes. */
      readonly length: number;
    };

/** A task was not carried out: too many wait, or nobody waits for it any more. */
export class HashRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HashRefusal";
  }
}

interface Job {
  readonly task: HashTask;
  readonly wanted: () => boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

const WORKER = new URL("../../worker/hash-worker.mjs", import.meta.url);

export class HashPool {
  readonly #threads: number;
  readonly #maxWaiting: number;
  readonly #idle: Worker[] = [];
  readonly #busy: Map<Worker, Job> = new Map();
  #waiting: Job[] = [];
  #closed = false;

  /** Threads start when they are first needed. `maxWaiting` bounds the tasks that wait for one. */
  constructor(threads: number, maxWaiting: number) {
    this.#threads = threads;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Computes in a thread. `wanted` is asked when the task's turn comes; a task that nobody wants any more costs nothing.
   * Rejects with `HashRefusal` when too many tasks wait, when it is not wanted, and when the pool was closed.
   */
  run(task: HashTask, wanted: () => boolean = () => true): Promise<unknown> {
    if (this.#closed) return Promise.reject(new HashRefusal("hashing has stopped"));
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(new HashRefusal(`more than ${this.#maxWaiting} logins wait`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, wanted, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads; what waits is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const pending = [...this.#busy.values(), ...this.#waiting];
    const workers = [...this.#busy.keys(), ...this.#idle];
    this.#busy.clear();
    this.#waiting = [];
    this.#idle.length = 0;
    for (const job of pending) job.reject(new HashRefusal("hashing has stopped"));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#threads ? this.#start() : undefined);
      if (worker === undefined) return;
      const job = this.#takeWanted();
      if (job === undefined) {
        this.#idle.push(worker);
        return;
      }
      this.#busy.set(worker, job);
      worker.ref();
      worker.postMessage(job.task);
    }
  }

  #takeWanted(): Job | undefined {
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      if (job.wanted()) return job;
      job.reject(new HashRefusal("nobody waits for it any more"));
    }
    return undefined;
  }

  #start(): Worker {
    const worker = new Worker(WORKER);
    worker.unref(); // an idle thread keeps no process alive
    worker.on("message", (answer: { readonly result?: unknown; readonly error?: string }) => {
      const job = this.#release(worker);
      if (job === undefined) return;
      this.#idle.push(worker);
      if (answer.error === undefined) job.resolve(answer.result);
      else job.reject(new Error(answer.error));
      this.#next();
    });
    worker.on("error", (error: Error) => this.#lost(worker, error));
    worker.on("exit", (code) => this.#lost(worker, new Error(`hashing thread ended with ${code}`)));
    return worker;
  }

  #release(worker: Worker): Job | undefined {
    const job = this.#busy.get(worker);
    this.#busy.delete(worker);
    worker.unref();
    return job;
  }

  /** A thread died: its task fails, the next one gets a new thread. */
  #lost(worker: Worker, error: Error): void {
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#release(worker)?.reject(error);
    if (!this.#closed) this.#next();
  }
}
