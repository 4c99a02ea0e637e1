/** How time passes in a run: in a closed loop we only look for stalls; in an open loop messages go out when they are due. */

import { setTimeout as delay } from "node:timers/promises";
import type { Desk } from "./desk.ts";
import { now } from "./stamp.ts";

/** Lets `milliseconds` pass. */
export async function pass(milliseconds: number, desk: Desk): Promise<void> {
  const end = performance.now() + milliseconds;
  for (let left = milliseconds; left > 0; left = end - performance.now()) {
    await delay(Math.min(left, 100));
    desk.checkStall();
  }
}

/** Milliseconds in which the last messages arrive, on a busy machine too; what is then on the way is lost. */
const LAST = 20_000;

/** Waits until nothing is on the way. */
export async function settle(desk: Desk): Promise<void> {
  const end = performance.now() + LAST;
  while (!desk.settled && performance.now() < end) await delay(20);
}

/** Publishes `rate` messages a second in all, by each publisher in turn, until the answer is called. */
export function publishAtRate(desk: Desk, rate: number): () => void {
  const { publishers } = desk;
  const start = performance.now();
  const startTime = now();
  let count = 0;
  let stopped = false;
  const step = (): void => {
    if (stopped) return;
    const due = ((performance.now() - start) * rate) / 1000;
    for (; count < due; count++) {
      const publisher = publishers[count % publishers.length]!;
      // A message that waits for its turn says when it was due: waiting is latency too.
      if (publisher.ids === undefined || publisher.ids.left > 0) publisher.publish(startTime + (count * 1e6) / rate);
      else desk.stalls++;
    }
    setImmediate(step);
  };
  step();
  return () => {
    step(); // what was due until now
    stopped = true;
  };
}
