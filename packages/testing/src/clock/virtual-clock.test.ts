import { describe, expect, it } from "vitest";
import { ClockScope } from "./clock-scope.ts";
import { VirtualClock } from "./virtual-clock.ts";

describe("VirtualClock", () => {
  it("stands still until it is advanced, and then both times pass alike", async () => {
    const clock = new VirtualClock({ now: 1_000_000 });
    const monotonic = clock.monotonic();
    expect(clock.now()).toBe(1_000_000);
    await clock.advance(1_500);
    expect(clock.now()).toBe(1_001_500);
    expect(clock.monotonic() - monotonic).toBe(1_500);
  });

  it("fires timers in the order of their times, and of their setting where times are equal", async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} at ${clock.monotonic() - 5_000}`);
    clock.setTimer(30, note("c"));
    clock.setTimer(10, note("a"));
    clock.setTimer(30, note("d"));
    clock.setTimer(20, note("b"));
    await clock.advance(30);
    expect(fired).toEqual(["a at 10", "b at 20", "c at 30", "d at 30"]);
  });

  it("keeps many timers in order", async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (let index = 0; index < 500; index++) {
      const delay = 1 + ((index * 7_919) % 1_000);
      clock.setTimer(delay, () => fired.push(delay));
    }
    await clock.advance(1_000);
    expect(fired).toHaveLength(500);
    expect(fired).toEqual([...fired].sort((one, other) => one - other));
  });

  it("leaves timers alone that are not due or were cancelled", async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(10, () => fired.push("cancelled")).cancel();
    clock.setTimer(101, () => fired.push("later"));
    await clock.advance(100);
    expect(fired).toEqual([]);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(fired).toEqual(["later"]);
  });

  it("lets promises and setImmediate callbacks run between two timers", async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(10, () => {
      order.push("first timer");
      void Promise.resolve().then(() => order.push("promise"));
      setImmediate(() => order.push("immediate"));
    });
    clock.setTimer(10, () => order.push("second timer"));
    await clock.advance(10);
    expect(order).toEqual(["first timer", "promise", "immediate", "second timer"]);
  });

  it("fires timers that are set while time passes", async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.setTimer(100, tick);
    };
    clock.setTimer(100, tick);
    await clock.advance(1_000);
    expect(ticks).toBe(10);
  });

  it("passes two hours of ticks, one every 100 ms, in well under a second", async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.setTimer(100, tick);
    };
    clock.setTimer(100, tick);
    const before = process.cpuUsage();
    await clock.advance(7_200_000);
    const { system, user } = process.cpuUsage(before);
    expect(ticks).toBe(72_000);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });

  it("rejects with what a timer throws", async () => {
    const clock = new VirtualClock();
    clock.setTimer(5, () => {
      throw new Error("broken timer");
    });
    await expect(clock.advance(5)).rejects.toThrow("broken timer");
  });

  it("refuses to go back, to take no number, and to be advanced twice at once", async () => {
    const clock = new VirtualClock();
    await expect(clock.advance(-1)).rejects.toThrow("time goes forward, not by -1 ms");
    expect(() => clock.setTimer(Number.NaN, () => {})).toThrow(RangeError);
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow("already being advanced");
    await first;
  });

  it("drives a promise with as little time as it needs", async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const later = new Promise<string>((resolve) => clock.setTimer(250, () => resolve("done")));
    const beyond = clock.setTimer(300, () => expect.unreachable("too much time passed"));
    expect(await clock.drive(later)).toBe("done");
    expect(clock.now() - start).toBe(250);
    beyond.cancel();
    await expect(clock.drive(new Promise(() => {}), 200)).rejects.toThrow("still pending after 200 ms");
    await expect(clock.drive(Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});

describe("ClockScope", () => {
  it("ends with all its timers and leaves those of others alone", async () => {
    const clock = new VirtualClock();
    const scope = new ClockScope(clock);
    const fired: string[] = [];
    scope.setTimer(10, () => fired.push("early"));
    scope.setTimer(30, () => fired.push("of the ended scope"));
    clock.setTimer(30, () => fired.push("of the clock"));
    await clock.advance(20);
    expect(scope.pendingTimers).toBe(1);
    scope.end();
    scope.setTimer(1, () => fired.push("after the end"));
    await clock.advance(20);
    expect(fired).toEqual(["early", "of the clock"]);
    expect(scope.now()).toBe(clock.now());
    expect(scope.monotonic()).toBe(clock.monotonic());
  });
});
