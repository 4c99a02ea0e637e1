/**
 * How long this process was kept from running: on a busy machine the broker was kept from it as well, so upper limits of
 * durations may grow by it. Lower limits never change: nothing happens early because a machine is busy.
 */

const TICK = 50;
/** Timers are never exact, and the tests themselves have work to do: what is shorter than this is no stall, in milliseconds. */
const NOISE = 100;

const stalls: { readonly at: number; readonly length: number }[] = [];
let last = Date.now();

setInterval(() => {
  const now = Date.now();
  const length = now - last - TICK;
  if (length > NOISE) stalls.push({ at: now, length });
  last = now;
}, TICK).unref();

/** Milliseconds lost since then. */
export function stalledSince(began: number): number {
  const current = Date.now() - last - TICK;
  return stalls.reduce((sum, { at, length }) => (at > began ? sum + length : sum), current > NOISE ? current : 0);
}
