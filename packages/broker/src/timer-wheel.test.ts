import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../test/manual-clock.ts";
import { TimerWheel } from "./timer-wheel.ts";

/** Longer than the wheel has slots: 512 of 100 ms. */
const ONE_ROUND = 51_200;

function wheelWithLog() {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const log: string[] = [];
  const wheel = new TimerWheel(clock, (error) => errors.push(error));
  const note = (name: string) => () => void log.push(`${name} at ${clock.monotonic()}`);
  return { clock, errors, log, note, wheel };
}

describe("TimerWheel", () => {
  test("fires once, never before the delay and at most a tick after it", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    clock.advance(30);
    wheel.after(250, note("a"));
    clock.advance(249);
    expect(log).toEqual([]);
    clock.advance(101);
    expect(log).toEqual(["a at 300"]);
    clock.advance(ONE_ROUND * 2);
    expect(log).toHaveLength(1);
  });

  test("any mix of delays and pauses keeps that promise, beyond one round of the wheel too", () => {
    const steps = fc.array(fc.record({ pause: fc.nat(70_000), delay: fc.nat(120_000) }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (timers) => {
        const { clock, wheel } = wheelWithLog();
        const late: number[] = [];
        for (const { pause, delay } of timers) {
          clock.advance(pause);
          const due = clock.monotonic() + delay;
          wheel.after(delay, () => late.push(clock.monotonic() - due));
        }
        clock.advance(200_000);
        expect(late).toHaveLength(timers.length);
        // What is due already waits for the next tick.
        for (const lateness of late) expect(lateness >= 0 && lateness <= 100).toBe(true);
        expect([wheel.size, clock.pending]).toEqual([0, 0]);
      }),
    );
  });

  test("fires timers of one tick in the order in which they were armed", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    for (const name of ["a", "b", "c"]) wheel.after(50, note(name));
    clock.advance(100);
    expect(log).toEqual(["a at 100", "b at 100", "c at 100"]);
  });

  test("an earlier timer is not kept waiting by a later one that was armed before it", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    wheel.after(10_000, note("late"));
    wheel.after(300, note("early"));
    clock.advance(300);
    expect(log).toEqual(["early at 300"]);
  });

  test("timers of the same slot but another round wait for theirs", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    wheel.after(100 + ONE_ROUND, note("second round"));
    wheel.after(100, note("first round"));
    clock.advance(ONE_ROUND);
    expect(log).toEqual(["first round at 100"]);
    clock.advance(100);
    expect(log).toEqual(["first round at 100", `second round at ${100 + ONE_ROUND}`]);
  });

  test.each([
    ["the first of its slot", 0],
    ["the middle of its slot", 1],
    ["the last of its slot", 2],
  ])("a cancelled timer never fires and leaves its neighbours alone: %s", (_, index) => {
    const { clock, log, note, wheel } = wheelWithLog();
    const timers = ["a", "b", "c"].map((name) => wheel.after(100, note(name)));
    timers[index]?.cancel();
    timers[index]?.cancel();
    expect([wheel.size, timers[index]?.pending]).toEqual([2, false]);
    clock.advance(1000);
    expect(log).toEqual(["a", "b", "c"].filter((_name, place) => place !== index).map((name) => `${name} at 100`));
  });

  test("a timer that is cancelled by its neighbour in the same tick does not fire", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    wheel.after(100, () => second.cancel());
    const second = wheel.after(100, note("second"));
    clock.advance(1000);
    expect(log).toEqual([]);
  });

  test("a timer that its neighbour moves in the same tick fires at its new time", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    wheel.after(100, () => second.restart(400));
    const second = wheel.after(100, note("second"));
    clock.advance(1000);
    expect(log).toEqual(["second at 500"]);
  });

  test("restart arms a timer anew, whether it waits or has fired", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    const timer = wheel.after(100, note("a"));
    timer.restart(300);
    clock.advance(300);
    timer.restart(200);
    clock.advance(200);
    expect(log).toEqual(["a at 300", "a at 500"]);
  });

  test("a callback that throws is reported and does not keep the others from firing", () => {
    const { clock, errors, log, note, wheel } = wheelWithLog();
    const problem = new Error("of a callback");
    wheel.after(100, () => {
      throw problem;
    });
    wheel.after(100, note("other"));
    clock.advance(100);
    expect([errors, log]).toEqual([[problem], ["other at 100"]]);
  });

  test("nothing ticks while nothing waits", () => {
    const { clock, note, wheel } = wheelWithLog();
    expect(clock.pending).toBe(0);
    wheel.after(100, note("a"));
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  test("catches up after a long silence without being late", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    clock.advance(1_000_030);
    wheel.after(100, note("a"));
    clock.advance(170);
    expect(log).toEqual(["a at 1000200"]);
  });

  test("stop forgets every timer, and later ones never fire", () => {
    const { clock, log, note, wheel } = wheelWithLog();
    const before = wheel.after(100, note("before"));
    wheel.stop();
    wheel.after(100, note("after"));
    before.cancel();
    clock.advance(1000);
    expect([log, wheel.size, clock.pending]).toEqual([[], 0, 0]);
  });
});
