import { MqttError } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test/manual-clock.ts";
import type { Logger } from "../logger.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { PopulationCounters } from "../stats/stats.ts";
import { TimerWheel } from "../timer-wheel.ts";
import { composeHooks, type HookObserver } from "./chain.ts";
import type { ComposedHooks, HookWrapper } from "./hooks.ts";

/** The parts of hooks that these tests call, without their arguments. */
type Called = { readonly [K in keyof ComposedHooks]: ((...input: unknown[]) => unknown) | undefined };

function chainOf(
  wrappers: Readonly<Record<string, object>>,
  options: { timeout?: number; observer?: HookObserver } = {},
) {
  const clock = new ManualClock();
  const population = new PopulationCounters();
  const lines: string[] = [];
  const write = (fields: object, message: string): void => {
    const { hook, plugin, unsaid } = fields as { hook: string; plugin?: string; unsaid?: number };
    lines.push(`${hook} ${plugin ?? "-"}: ${message}${unsaid === undefined ? "" : `, ${unsaid} unsaid`}`);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const plugins = Object.entries(wrappers).map(
    ([name, wrapper]): Plugin => ({
      name,
      load: () => {},
      unload: () => {},
      hookWrapper: () => wrapper as HookWrapper,
    }),
  );
  const hooks = composeHooks(plugins, {
    timeout: () => options.timeout ?? 10_000,
    wheel: new TimerWheel(clock, () => {}),
    logger,
    population,
    monotonic: () => clock.monotonic(),
    observer: () => options.observer,
  }) as unknown as Called;
  return { clock, hooks, lines, population };
}

type Next = (...input: unknown[]) => unknown;

const refusal = new MqttError(0x87);

describe("the chain of hooks", () => {
  test("has the first plugin outermost; a hook that nobody wraps is undefined", () => {
    const log: string[] = [];
    const wrap = (name: string) => ({
      onSubscribe:
        (next: Next) =>
        (...input: unknown[]) => {
          log.push(`${name} before`);
          const result = next(...input);
          log.push(`${name} behind`);
          return result;
        },
    });
    const { hooks } = chainOf({ a: wrap("a"), none: {}, b: wrap("b") });
    expect(hooks.onSubscribe?.("client", "request")).toBeUndefined();
    expect(log).toEqual(["a before", "b before", "b behind", "a behind"]);
    expect([hooks.onUnsubscribe, hooks.onMsgArrived]).toEqual([undefined, undefined]);
  });

  test("behind the last plugin everything is allowed, but no authentication method is known (0x8c)", () => {
    const pass = {
      onAccept: (next: Next) => next,
      onBasicAuth: (next: Next) => next,
      onEnhancedAuth: (next: Next) => next,
    };
    const { hooks } = chainOf({ a: pass });
    expect([hooks.onAccept?.(), hooks.onBasicAuth?.()]).toEqual([true, undefined]);
    expect(() => hooks.onEnhancedAuth?.()).toThrow(expect.objectContaining({ reasonCode: 0x8c }));
  });

  test.each([
    [
      "throws",
      () => {
        throw refusal;
      },
    ],
    ["returns", () => refusal],
  ])("a hook refuses that %s an MqttError", (_, run) => {
    const { hooks, population } = chainOf({ a: { onSubscribe: () => run } });
    expect(() => hooks.onSubscribe?.()).toThrow(refusal);
    expect(population.hookFailures).toBe(0);
  });

  test.each([
    ["rejects with", () => Promise.reject(refusal)],
    ["resolves to", () => Promise.resolve(refusal)],
  ])("a hook refuses that %s an MqttError", async (_, run) => {
    const { hooks, population } = chainOf({ a: { onSubscribe: () => run } });
    await expect(hooks.onSubscribe?.()).rejects.toBe(refusal);
    expect(population.hookFailures).toBe(0);
  });

  test("a hook that fails refuses too, without telling why, and the culprit is named (0x83)", async () => {
    const pass = { onSubscribe: (next: Next) => () => next() };
    const failing = (failure: unknown) => ({
      onSubscribe: () => () => {
        throw failure;
      },
    });
    const bug = new TypeError("of a plugin");
    const { hooks, lines, population } = chainOf({ outer: pass, inner: failing(bug) });
    expect(() => hooks.onSubscribe?.()).toThrow(expect.objectContaining({ reasonCode: 0x83, cause: bug }));
    const text = chainOf({ outer: pass, inner: failing("a text") });
    expect(() => text.hooks.onSubscribe?.()).toThrow(expect.objectContaining({ reasonCode: 0x83 }));
    const later = chainOf({ outer: pass, inner: { onSubscribe: () => () => Promise.reject(bug) } });
    await expect(later.hooks.onSubscribe?.()).rejects.toMatchObject({ reasonCode: 0x83 });
    const line = "onSubscribe inner: hook failed";
    expect([lines, text.lines, later.lines, population.hookFailures]).toEqual([[line], [line], [line], 1]);
  });

  test("a hook that takes too long refuses (0x83); one that is in time does not, and 0 waits for ever", async () => {
    const never = { onSubscribe: () => () => new Promise(() => {}) };
    const { clock, hooks, lines, population } = chainOf({ slow: never }, { timeout: 500 });
    const refused = expect(hooks.onSubscribe?.()).rejects.toMatchObject({ reasonCode: 0x83 });
    clock.advance(600);
    await refused;
    expect([lines, population.hookTimeouts]).toEqual([["onSubscribe -: hook took too long, refused"], 1]);

    let answer = (_: unknown): void => {};
    const patient = chainOf(
      { slow: { onSubscribe: () => () => new Promise((resolve) => (answer = resolve)) } },
      { timeout: 0 },
    );
    const result = patient.hooks.onSubscribe?.();
    patient.clock.advance(1_000_000);
    answer("late");
    expect(await result).toBe("late");
    patient.clock.advance(10_000_000);
    expect(patient.population.hookTimeouts).toBe(0);
  });

  test("a hook that is only told is not waited for, and what it throws changes nothing", async () => {
    const bug = new Error("of a plugin");
    const { hooks, lines, population } = chainOf({
      a: {
        onConnected: () => () => {
          throw bug;
        },
        onClosed: () => () => Promise.reject(bug),
        onDelivered: () => () => refusal,
      },
    });
    expect([hooks.onConnected?.(), hooks.onClosed?.(), hooks.onDelivered?.()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([lines, population.hookFailures]).toEqual([["onConnected a: hook failed", "onClosed a: hook failed"], 2]);
  });

  test("that fails all the time is logged every ten seconds, with how often it was not", () => {
    const { clock, hooks, lines, population } = chainOf({
      a: {
        onDelivered: () => () => {
          throw new Error("for every message");
        },
      },
    });
    for (let count = 0; count < 1000; count++) hooks.onDelivered?.();
    expect([lines, population.hookFailures]).toEqual([["onDelivered a: hook failed"], 1000]);
    clock.advance(10_000);
    hooks.onDelivered?.();
    hooks.onDelivered?.();
    expect([lines.slice(1), population.hookFailures]).toEqual([["onDelivered a: hook failed, 999 unsaid"], 1002]);
  });

  test("the observer hears how long each plugin took, those behind it included, however it ended", async () => {
    const heard: string[] = [];
    const observer: HookObserver = (plugin, hook, milliseconds) => heard.push(`${plugin} ${hook} ${milliseconds}`);
    const wait = (milliseconds: number, behind: (next: Next) => unknown) => ({
      onSubscribe: (next: Next) => () => {
        clock.advance(milliseconds);
        return behind(next);
      },
    });
    const { clock, hooks } = chainOf(
      { outer: wait(1, (next) => next()), inner: wait(2, () => undefined) },
      { observer },
    );
    hooks.onSubscribe?.();
    expect(heard.splice(0)).toEqual(["inner onSubscribe 2", "outer onSubscribe 3"]);

    const ends: [string, () => unknown][] = [
      ["resolves", () => Promise.resolve()],
      ["rejects", () => Promise.reject(refusal)],
      [
        "throws",
        () => {
          throw refusal;
        },
      ],
    ];
    for (const [, end] of ends) {
      const { hooks: others } = chainOf({ a: { onSubscribe: () => end } }, { observer });
      await Promise.resolve()
        .then(() => others.onSubscribe?.())
        .catch(() => {});
      expect(heard.splice(0)).toEqual(["a onSubscribe 0"]);
    }
  });
});
