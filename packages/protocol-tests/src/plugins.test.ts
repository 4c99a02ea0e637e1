/** The life of plugins: loaded in order, unloaded in reverse, undone when a start fails (architecture.md section 4). */

import type { HookWrapper, Plugin, Server } from "@gmqtt/broker";
import { createSlowPersistence } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

/** A plugin that notes what happens to it. */
function noting(name: string, calls: string[], rest: Partial<Plugin> = {}): Plugin {
  return plugin(
    {},
    {
      name,
      load: () => void calls.push(`load ${name}`),
      unload: () => void calls.push(`unload ${name}`),
      hookWrapper: () => {
        calls.push(`hooks ${name}`);
        const onStop: HookWrapper["onStop"] = (next) => () => {
          calls.push(`onStop ${name}`);
          return next();
        };
        return { onStop };
      },
      ...rest,
    },
  );
}

describe.each(stores)("plugins, with the $name store", ({ start }) => {
  it("are asked for hooks, loaded in order, told of the stop, unloaded in reverse", async () => {
    const calls: string[] = [];
    const broker = await start({ plugins: () => ["a", "b", "c"].map((name) => noting(name, calls)) });
    expect(broker.server.plugins.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const client = await broker.connect();
    await broker.stop();
    await client.disconnected(0x8b);
    expect(calls).toEqual([
      ...["hooks a", "hooks b", "hooks c", "load a", "load b", "load c"],
      ...["onStop a", "onStop b", "onStop c", "unload c", "unload b", "unload a"],
    ]);
  });

  it.each(["throws", "rejects"])(
    "whose load %s end the start: those before are unloaded, the culprit is named",
    async (how) => {
      const calls: string[] = [];
      const load = () => {
        if (how === "rejects") return Promise.reject(new Error("no luck"));
        throw new Error("no luck");
      };
      const plugins = () => [noting("a", calls), noting("b", calls), noting("c", calls, { load }), noting("d", calls)];
      await expect(start({ plugins })).rejects.toMatchObject({
        name: "StartError",
        culprit: "plugin c",
        message: expect.stringContaining("no luck"),
        cause: expect.objectContaining({ message: "no luck" }),
      });
      expect(calls.filter((call) => !call.startsWith("hooks"))).toEqual(["load a", "load b", "unload b", "unload a"]);
    },
  );

  it("whose load failed leave nothing behind: the same store serves the next start", async () => {
    const persistence = createSlowPersistence();
    let fail = true;
    const plugins = () => [plugin({}, { load: () => (fail ? Promise.reject(new Error("not yet")) : undefined) })];
    await expect(start({ plugins, persistence })).rejects.toThrow("not yet");
    fail = false;
    const broker = await start({ plugins, persistence });
    await (await broker.connect()).ping();
  });

  it("may wait in load and unload; the broker takes no client before the last is loaded", async () => {
    const calls: string[] = [];
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const slow = (name: string) =>
      noting(name, calls, {
        load: async () => {
          await turn();
          calls.push(`load ${name}`);
        },
        unload: async () => {
          await turn();
          calls.push(`unload ${name}`);
        },
      });
    const broker = await start({ plugins: () => [slow("a"), slow("b")] });
    expect(broker.server.readiness).toMatchObject({ ready: true, reason: "ok" });
    await broker.stop();
    expect(calls.filter((call) => /load/.test(call))).toEqual(["load a", "load b", "unload b", "unload a"]);
  });

  it("whose unload fails keep nobody else from being unloaded", async () => {
    const calls: string[] = [];
    const unload = () => Promise.reject(new Error("stuck"));
    const plugins = () => [noting("a", calls), noting("b", calls, { unload }), noting("c", calls)];
    const broker = await start({ plugins });
    await broker.stop();
    expect(calls.slice(-2)).toEqual(["unload c", "unload a"]);
    expect(broker.log).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ culprit: "plugin b" }) }),
    );
  });

  it("find the server at work when they are loaded: retained messages of the store, services, clock", async () => {
    const persistence = createSlowPersistence();
    const before = await start({ persistence });
    await (await before.connect()).publish("kept", "text", { retain: true, qos: 1 });
    await before.stop();
    let found: unknown;
    const load = (server: Server) => {
      found = [server.retainedService.get("kept")?.topic, server.clientService.clientCount, server.readiness.reason];
    };
    await start({ persistence, plugins: () => [plugin({}, { load })] });
    expect(found).toEqual(["kept", 0, "starting"]);
  });

  it("may publish while they are loaded, and stop the broker from within", async () => {
    let server: Server | undefined;
    const load = async (given: Server) => {
      server = given;
      await given.publisher.publish({ topic: "from/load", payload: "x", retain: true });
    };
    const broker = await start({ plugins: () => [plugin({}, { load })] });
    const client = await broker.connect();
    await client.subscribe("#");
    expect(await client.next("publish")).toMatchObject({ topic: "from/load", retain: true });
    const stopped = server!.stop();
    expect(server!.stop()).toBe(stopped);
    await broker.stop();
    await stopped;
    await client.disconnected(0x8b);
  });

  it("are told of a changed section; one that can't take it waits for a restart", async () => {
    const sections: unknown[] = [];
    const plugins = () => [
      plugin({}, { name: "live", applyConfig: (section) => void sections.push(section) }),
      plugin({}, { name: "fixed" }),
    ];
    const broker = await start({ plugins, config: { plugins: { live: { a: 1 }, fixed: { a: 1 } } } });
    const { config } = broker.server;
    const result = await broker.server.applyConfig({ ...config, plugins: { live: { a: 2 }, fixed: { a: 2 } } });
    expect(sections).toEqual([{ a: 2 }]);
    expect(result.applied).toContain("plugins.live");
    expect(result.needsRestart).toContain("plugins.fixed");
  });
});

describe("a store that a plugin provides", () => {
  const { start } = stores[0]!;

  it("is used when persistence.type names it", async () => {
    const store = createSlowPersistence({ turns: 0 });
    const persistence = { type: "slow", create: () => store.connect() };
    const broker = await start({
      plugins: () => [plugin({}, { name: "provider", persistence })],
      config: { persistence: { type: "slow" } },
    });
    await (await broker.connect()).publish("a", "text", { retain: true, qos: 1 });
    expect(store.committed).toBeGreaterThan(0);
  });

  it("is missed by name when no plugin provides it", async () => {
    await expect(start({ config: { persistence: { type: "nowhere" } } })).rejects.toMatchObject({
      culprit: "persistence",
      message: expect.stringContaining("nowhere"),
    });
  });

  it("that does not open ends the start and is named", async () => {
    const store = createSlowPersistence();
    const connection = store.connect();
    const failing = { ...connection, durable: true, open: () => Promise.reject(new Error("refused")) };
    const persistence = { type: "slow", create: () => failing as unknown as typeof connection };
    const options = { plugins: () => [plugin({}, { persistence })], config: { persistence: { type: "slow" } } };
    await expect(start(options)).rejects.toMatchObject({ culprit: "persistence slow" });
  });
});
