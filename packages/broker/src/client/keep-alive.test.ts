import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import { TimerWheel } from "../timer-wheel.ts";
import { KeepAlive } from "./keep-alive.ts";

function keepAliveOf(seconds: number) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock, () => {});
  const state = { excused: false, expired: 0, heardAt: -1 };
  const keepAlive = new KeepAlive(
    seconds,
    wheel,
    () => clock.monotonic(),
    () => state.heardAt,
    () => state.excused,
    () => void state.expired++,
  );
  return { clock, keepAlive, state, wheel };
}

describe("KeepAlive", () => {
  test("notices silence of one and a half times the keep alive, once [MQTT-3.1.2-22]", () => {
    const { clock, state } = keepAliveOf(10);
    clock.advance(14_900);
    expect(state.expired).toBe(0);
    clock.advance(200);
    expect(state.expired).toBe(1);
    clock.advance(100_000);
    expect(state.expired).toBe(1);
  });

  test("counts from the last that was heard", () => {
    const { clock, state } = keepAliveOf(10);
    for (let times = 0; times < 5; times++) {
      clock.advance(14_000);
      state.heardAt = clock.monotonic();
    }
    expect(state.expired).toBe(0);
    clock.advance(14_900);
    expect(state.expired).toBe(0);
    clock.advance(200);
    expect(state.expired).toBe(1);
  });

  test("who can't be heard is not silent", () => {
    const { clock, state } = keepAliveOf(10);
    state.excused = true;
    clock.advance(100_000);
    expect(state.expired).toBe(0);
    state.excused = false;
    clock.advance(30_100);
    expect(state.expired).toBe(1);
  });

  test("0 means never, and costs no timer", () => {
    const { clock, keepAlive, state, wheel } = keepAliveOf(0);
    state.heardAt = clock.monotonic();
    clock.advance(1_000_000);
    keepAlive.stop();
    expect([state.expired, wheel.size]).toEqual([0, 0]);
  });

  test("stops with the connection", () => {
    const { clock, keepAlive, state, wheel } = keepAliveOf(10);
    keepAlive.stop();
    clock.advance(100_000);
    expect([state.expired, wheel.size]).toEqual([0, 0]);
  });
});
