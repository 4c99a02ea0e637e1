/** Synchronous unless it must wait: hooks and stores answer with a value or a promise of one. */

export type Awaitable<T> = T | Promise<T>;

/** True for what has to be awaited; everything else is used at once, without a turn of the microtask queue. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && typeof (value as Promise<T>).then === "function";
}
