/** How a client waits: in virtual time until nothing moves, over real sockets until time is up. */

/** What a {@link TestClient} needs to wait without knowing for what. */
export interface Pace {
  /** Told by the client of everything it sends and receives. */
  moved(): void;
  /** Resolves to true as soon as `ready` answers true, to false when it is clear that it will not. */
  until(ready: () => boolean): Promise<boolean>;
  /** Resolves when whatever could still come has come. */
  settle(): Promise<void>;
}

/** Real milliseconds that clients over real sockets wait. */
export interface RealPaceOptions {
  /** For something that has to come. Default: 5,000. */
  readonly timeout?: number;
  /** For nothing to come. Default: 100. */
  readonly quiet?: number;
}

/** Waits in real time; for brokers that are seen from outside only. */
export class RealPace implements Pace {
  readonly #timeout: number;
  readonly #quiet: number;
  #waiting: Set<() => void> = new Set();

  constructor(options: RealPaceOptions = {}) {
    this.#timeout = options.timeout ?? 5_000;
    this.#quiet = options.quiet ?? 100;
  }

  moved(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  async until(ready: () => boolean): Promise<boolean> {
    const end = performance.now() + this.#timeout;
    while (!ready()) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await this.#nextMove(left);
    }
    return true;
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#quiet));
  }

  #nextMove(longest: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, longest);
      this.#waiting.add(wake);
    });
  }
}
