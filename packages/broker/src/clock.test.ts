import { expect, test } from "vitest";
import { ManualClock } from "../test/manual-clock.ts";
import { SteadyClock } from "./clock.ts";

test("a steady clock stands still while it is held, but not its monotonic time, and no timer waits for it", () => {
  const manual = new ManualClock();
  const clock = new SteadyClock(manual);
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  let rang = false;
  clock.setTimer(1, () => {
    rang = true;
  });
  clock.hold(clock.now());
  manual.advance(5);
  expect([clock.now() - now, clock.monotonic() - monotonic, rang]).toEqual([0, 5, true]);
  clock.release();
  expect(clock.now() - now).toBe(5);
  clock.hold(clock.now());
  expect(clock.now() - now).toBe(5);
});
