/** The plugin's life: its contract, its port, and the pages it serves. */

import { createServer } from "node:net";
import { createBroker, StartError } from "@gmqtt/broker";
import { connectSocket, createSlowPersistence, describePlugin } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { startObserved } from "../test/observed-broker.ts";
import prometheus, { createPrometheus } from "./index.ts";

describePlugin("prometheus", prometheus, {
  describe,
  it,
  config: { listen_address: "127.0.0.1:0" },
  refuses: [
    { config: { path: "metrics" }, path: "path" },
    { config: { path: "/readyz" }, path: "path" },
    { config: { path: "/metrics?all" }, path: "path" },
    { config: { listen_address: "8082" }, path: "listen_address" },
    { config: { listen_address: "unix:///run/metrics.sock" }, path: "listen_address" },
    { config: { listen_address: 8082 }, path: "listen_address" },
  ],
});

describe("the configuration", () => {
  it("defaults to what gmqtt has", () => {
    expect(prometheus.configSchema?.safeParse({})).toEqual({
      success: true,
      data: { path: "/metrics", listen_address: ":8082" },
    });
  });

  it("is refused with its key and a hint", () => {
    expect(() => createPrometheus({ listen_address: "8082" })).toThrow(
      'prometheus.listen_address: "8082" is not an address, write :8082',
    );
  });
});

describe("the pages", () => {
  it("say what they are, to GET and HEAD, and nobody keeps them", async () => {
    const { get } = await startObserved();
    const metrics = await get("/metrics?from=somewhere");
    expect(metrics.status).toBe(200);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(metrics.headers.get("cache-control")).toBe("no-store");
    expect(await metrics.text()).toContain("gmqtt_clients_connected_total 0\n");
    const head = await get("/metrics", { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(1_000);
    expect(await head.text()).toBe("");
  });

  it("are the only ones", async () => {
    const { get } = await startObserved();
    const other = await get("/debug");
    expect([other.status, await other.text()]).toEqual([404, "there are /metrics, /livez, /readyz\n"]);
    const posted = await get("/metrics", { method: "POST", body: "x" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("/livez says that the process answers, /readyz whether clients are served", async () => {
    const store = createSlowPersistence();
    const { get, values } = await startObserved({ persistence: store.connect() });
    const asked = async (path: string) => {
      const response = await get(path);
      return [response.status, await response.text()];
    };
    expect(await asked("/livez")).toEqual([200, "ok\n"]);
    expect(await asked("/readyz")).toEqual([200, "ok\n"]);
    expect((await values()).get("gmqtt_ready")).toBe(1);
    store.setAvailable(false);
    expect(await asked("/livez")).toEqual([200, "ok\n"]);
    expect(await asked("/readyz")).toEqual([503, "store unavailable\n"]);
    expect((await values()).get("gmqtt_ready")).toBe(0);
    store.setAvailable(true);
    expect(await asked("/readyz")).toEqual([200, "ok\n"]);
  });

  it("/readyz says no from the start of a start to the end of a stop", async () => {
    const seen: string[] = [];
    const plugin = createPrometheus({ listen_address: "127.0.0.1:0" });
    const look = async () => {
      const response = await fetch(`http://${plugin.address}/readyz`);
      seen.push(`${response.status} ${(await response.text()).trim()}`);
    };
    const witness = { name: "witness", load: look, unload: look, hookWrapper: () => ({}) };
    const broker = createBroker({ plugins: [plugin, witness] });
    await broker.start();
    await look();
    await broker.stop();
    expect(seen).toEqual(["503 starting", "200 ok", "503 stopping"]);
  });

  it("/readyz says how far a start is that reads many sessions", async () => {
    const seen: string[] = [];
    const plugin = createPrometheus({ listen_address: "127.0.0.1:0" });
    const look = async () => {
      const response = await fetch(`http://${plugin.address}/readyz`);
      seen.push(`${response.status} ${(await response.text()).trim()}`);
    };
    const store = createSlowPersistence().connect();
    const session = (clientId: string) => ({
      session: {
        clientId,
        username: undefined,
        protocolVersion: 5 as const,
        expiryInterval: 100,
        createdAt: Date.now(),
        disconnectedAt: Date.now(),
        will: undefined,
      },
      subscriptions: [],
      incomingPacketIds: [],
      deliveries: 0,
      lastSequence: 0,
    });
    async function* sessions() {
      await look();
      yield [session("a"), session("b")];
      await look();
      yield [session("c")];
    }
    const persistence = new Proxy(store, {
      get: (target, name) => {
        if (name === "sessions") return sessions;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const broker = createBroker({ plugins: [plugin], persistence });
    await broker.start();
    await look();
    expect((await fetch(`http://${plugin.address}/metrics`)).status).toBe(200);
    await broker.stop();
    expect(seen).toEqual(["503 starting", "503 starting, 2 sessions restored", "200 ok"]);
    expect(plugin.address).toBeUndefined();
  });

  it("give many scrapers at once one answer", async () => {
    const { get } = await startObserved();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => (await get("/metrics")).text()));
    expect(new Set(answers).size).toBeLessThan(20);
    expect(answers.every((text) => text.includes("process_open_fds"))).toBe(true);
  });
});

describe("the port", () => {
  it("is free again after the stop, also with a scraper that keeps its connection", async () => {
    const { broker, plugin, get } = await startObserved();
    await (await get("/metrics")).text();
    const { address } = plugin;
    await broker.stop();
    expect(plugin.address).toBeUndefined();
    await expect(fetch(`http://${address}/livez`)).rejects.toThrow();
    const next = createBroker({ plugins: [createPrometheus({ listen_address: address as string })] });
    await next.start();
    await next.stop();
  });

  it("that is in use ends the start with one sentence, and nothing is left of it", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const plugin = createPrometheus({ listen_address: `127.0.0.1:${port}` });
    const failure = await createBroker({ plugins: [plugin] })
      .start()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    other.close();
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as Error).message).toBe(
      `plugin prometheus cannot listen on 127.0.0.1:${port}: address already in use (plugins.prometheus.listen_address)`,
    );
    expect(plugin.address).toBeUndefined();
  });

  it("of two brokers in one process serves each its own numbers, and one outlives the other", async () => {
    const [first, second] = [await startObserved(), await startObserved()];
    const client = await connectSocket(first.address());
    expect((await first.values()).get("gmqtt_sessions_active_current")).toBe(1);
    expect((await second.values()).get("gmqtt_sessions_active_current")).toBe(0);
    await client.disconnect();
    await first.broker.stop();
    expect((await second.values()).get(`gmqtt_info{version="${second.broker.version}"}`)).toBe(1);
    expect((await second.families()).has("process_cpu_seconds_total")).toBe(true);
  });
});
