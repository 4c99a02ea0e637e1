/** What holds for all nineteen hooks: they are called, in order, each decides whether the next one is, and may wait. */

import type { Hooks } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { HOOK_NAMES, live, NOTIFICATIONS, wrap, yes } from "./a-life.ts";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

/** What a hook answers that lets everything pass. */
function permission(name: keyof Hooks): unknown {
  if (name === "onAccept") return true;
  return name === "onEnhancedAuth" || name === "onReAuth" ? { continue: false } : undefined;
}

describe.each(stores)("each hook, with the $name store", ({ start }) => {
  it.each(HOOK_NAMES)("%s: is called, and allows by calling the next one", async (name) => {
    let calls = 0;
    const counting = wrap(name, (next) => (...input) => {
      calls++;
      return next(...input);
    });
    const broker = await start({ plugins: () => [plugin(counting), plugin(yes)] });
    await live(broker);
    expect(calls).toBeGreaterThan(0);
  });

  it.each(HOOK_NAMES)("%s: the first plugin is outermost, before and after the second", async (name) => {
    const calls: string[] = [];
    const noting = (who: string) =>
      plugin(
        wrap(name, (next) => (...input) => {
          calls.push(`${who} in`);
          const answer = next(...input);
          calls.push(`${who} out`);
          return answer;
        }),
        { name: who },
      );
    const broker = await start({ plugins: () => [noting("first"), noting("second"), plugin(yes)] });
    await live(broker);
    expect(calls.slice(0, 4)).toEqual(["first in", "second in", "second out", "first out"]);
    expect(calls.length % 4).toBe(0);
  });

  it.each(HOOK_NAMES)("%s: a plugin that answers itself keeps the next one out of it", async (name) => {
    let calls = 0;
    const answering = wrap(name, () => () => permission(name));
    const counting = wrap(name, (next) => (...input) => {
      calls++;
      return next(...input);
    });
    const broker = await start({ plugins: () => [plugin(answering), plugin(counting), plugin(yes)] });
    await live(broker);
    expect(calls).toBe(0);
  });

  it.each(HOOK_NAMES)("%s: may wait, and everything works as before", async (name) => {
    let waited = 0;
    const waiting = wrap(name, (next) => async (...input) => {
      await new Promise((resolve) => setImmediate(resolve));
      waited++;
      return await next(...input);
    });
    const broker = await start({ plugins: () => [plugin(waiting), plugin(waiting), plugin(yes)] });
    await live(broker);
    expect(waited).toBeGreaterThan(0);
    expect(broker.server.statsManager.population.hookFailures).toBe(0);
  });

  it("costs nothing that nobody wraps: a life without plugins is the same", async () => {
    const broker = await start({ plugins: () => [plugin(yes)] });
    await live(broker);
  });
});

describe.each(stores)("hooks that only hear, with the $name store", ({ start }) => {
  const failures: Record<string, () => unknown> = {
    "throws an error": () => {
      throw new Error("on purpose");
    },
    "rejects with an error": () => Promise.reject(new Error("on purpose")),
    "throws what is no error": () => {
      throw "on purpose";
    },
  };

  it.each(NOTIFICATIONS.flatMap((name) => Object.keys(failures).map((how) => [name, how] as const)))(
    "%s: one that %s changes nothing, is counted, and is logged with the plugin's name",
    async (name, how) => {
      let calls = 0;
      const failing = wrap(name, () => () => {
        calls++;
        return failures[how]!();
      });
      const broker = await start({ plugins: () => [plugin(failing, { name: "culprit" }), plugin(yes)] });
      await live(broker);
      expect(calls).toBeGreaterThan(0);
      expect(broker.server.statsManager.population).toMatchObject({ hookFailures: calls, internalErrors: 0 });
      const lines = broker.log.filter(({ level }) => level === "error");
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(calls); // once in ten seconds, however often it fails
      for (const { fields } of lines) expect(fields).toMatchObject({ hook: name, plugin: "culprit" });
    },
  );

  it.each(NOTIFICATIONS)("%s: one that never ends is not waited for", async (name) => {
    let calls = 0;
    const hanging = wrap(name, () => () => {
      calls++;
      return new Promise(() => {});
    });
    const broker = await start({ plugins: () => [plugin(hanging), plugin(yes)], patience: 1 });
    await live(broker);
    expect(calls).toBeGreaterThan(0);
  });
});
