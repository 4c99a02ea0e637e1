/** The whole way: gmqttd on free ports, the load generator as a process of its own. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { aedes } from "../brokers/aedes.ts";
import type { Broker, Feature } from "../brokers/broker.ts";
import { gmqttd } from "../brokers/gmqttd.ts";
import { type Workload, workloads } from "../workloads.ts";
import { can, measure } from "./measure.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const ours = gmqttd(root);

function small(name: string, change: object): Workload {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(name);
  return { ...workload, load: { ...workload.load, warmup: 0.2, seconds: 0.5, rest: 0, ...change } as Workload["load"] };
}

async function run(name: string, change: object = {}) {
  const { faults, figures } = await measure(ours, small(name, change), undefined);
  for (const [fault, count] of Object.entries(faults)) expect(count, `${name}: ${fault}`).toBe(0);
  return figures;
}

/** How much of it is done in a second depends on who else uses the machine; that it is done, and counted right, does not. */
describe("a small load on gmqttd", () => {
  it.each(["pairs-q0", "pairs-q1", "pairs-q2", "v5-alias", "shared-q1", "websocket-q1"])(
    "%s loses nothing",
    async (name) => {
      const clients = { publishers: 4, subscribers: name === "shared-q1" ? 2 : 4, window: 10 };
      const { brokerCpu, memory, pause, sent } = await run(name, clients);
      expect(pause).toBeGreaterThan(0);
      expect(sent).toBeGreaterThanOrEqual(4 * 10);
      if (process.platform !== "linux") return;
      expect(brokerCpu).toBeGreaterThanOrEqual(0);
      expect(memory).toBeGreaterThan(20_000_000);
    },
  );

  it("delivers each message to each subscriber", async () => {
    const { sent } = await run("fanout100-q1", { subscribers: 7, window: 5 });
    expect(sent).toBeGreaterThanOrEqual(5);
  });

  it("publishes at the rate that it is told", async () => {
    const { sent } = await run("rate-q0", { rate: 500, publishers: 2, subscribers: 2, warmup: 0, seconds: 1 });
    expect(sent).toBeGreaterThanOrEqual(500);
  });

  it("counts logins", async () => {
    expect((await run("login", { concurrent: 2 })).visits).toBeGreaterThanOrEqual(2);
  });

  it("counts what a broker keeps", async () => {
    const [idle, subscriptions, retained, offline] = [
      await run("idle", { connections: 20 }),
      await run("subscriptions", { clients: 5, subscriptions: 200, publishers: 2 }),
      await run("retained", { messages: 300 }),
      await run("offline", { messages: 1500 }),
    ];
    expect(idle.openedPerSecond).toBeGreaterThan(0);
    expect(subscriptions.subscribedPerSecond).toBeGreaterThan(0);
    expect(retained.returnedPerSecond).toBeGreaterThan(0);
    expect(offline.returnedPerSecond).toBeGreaterThan(0);
  }, 60_000);

  it("is not asked for what a broker has not", () => {
    const askable = (broker: Broker, feature: Feature): boolean[] =>
      workloads.filter(({ features }) => features.includes(feature)).map((workload) => can(broker, workload));
    expect(new Set(askable(ours, "accounts"))).toEqual(new Set([true]));
    expect(new Set(askable(aedes(root), "accounts"))).toEqual(new Set([false]));
    expect(new Set(askable(aedes(root), "mqtt 5"))).toEqual(new Set([false]));
    const shared = workloads.filter(({ load }) => load.kind === "traffic" && load.shared);
    expect(shared.map((workload) => can(aedes(root), workload))).toEqual(shared.map(() => false));
    expect(workloads.filter(({ features, version }) => version === 5 && !features.includes("mqtt 5"))).toEqual([]);
  });
});
