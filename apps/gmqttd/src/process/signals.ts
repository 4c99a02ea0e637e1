/** What signals ask of gmqttd: SIGTERM and SIGINT to stop, SIGHUP to reload. */

/** What is to be done next. */
export type Request = { readonly kind: "stop"; readonly signal: string } | { readonly kind: "reload" };

/** The signals of the process, one after the other. */
export interface Signals {
  /** Waits for the next request; those that came meanwhile were kept. Reloads that pile up are one. */
  next(): Promise<Request>;
  /** Resolves with the first signal to stop, whatever is under way; `next` hands it out as well. */
  readonly stopAsked: Promise<string>;
}

/**
 * Ctrl-C under npm reaches the process twice within milliseconds, from the terminal and from npm: only what comes
 * later than this is somebody who has lost patience.
 */
const SAME_KEYSTROKE = 500;

/** Takes the signals over. `onImpatience` is called when a second signal to stop comes, whatever is under way. */
export function takeSignals(onImpatience: (signal: string) => void): Signals {
  const waiting: Request[] = [];
  let resolveNext: ((request: Request) => void) | undefined;
  let firstStop: number | undefined;
  let tellStop: (signal: string) => void = () => {};
  const stopAsked = new Promise<string>((resolve) => {
    tellStop = resolve;
  });

  const deliver = (request: Request): void => {
    if (resolveNext === undefined) {
      waiting.push(request);
    } else {
      resolveNext(request);
      resolveNext = undefined;
    }
  };
  const onStop = (signal: string): void => {
    if (firstStop === undefined) {
      firstStop = performance.now();
      deliver({ kind: "stop", signal });
      tellStop(signal);
    } else if (performance.now() - firstStop > SAME_KEYSTROKE) {
      onImpatience(signal);
    }
  };
  process.on("SIGTERM", onStop);
  process.on("SIGINT", onStop);
  process.on("SIGHUP", () => {
    if (!waiting.some(({ kind }) => kind === "reload")) deliver({ kind: "reload" });
  });
  // Signal handlers alone don't keep a process alive, and a broker that listens nowhere has nothing else that would.
  setInterval(() => {}, 2 ** 30);
  return {
    stopAsked,
    next: () => {
      const request = waiting.shift();
      if (request !== undefined) return Promise.resolve(request);
      return new Promise((resolve) => {
        resolveNext = resolve;
      });
    },
  };
}
