import { describe, expect, test } from "vitest";
import { resolveConfig } from "../config/index.ts";
import type { Transport, TransportInfo } from "../listeners/transport.ts";
import { PopulationCounters } from "../stats/stats.ts";
import { Admission } from "./admission.ts";

interface Door {
  readonly limits?: NonNullable<Parameters<typeof resolveConfig>[0]>["limits"];
  readonly onAccept?: (connection: TransportInfo) => boolean | Promise<boolean>;
}

function doorWith({ limits, onAccept }: Door = {}) {
  const state = { now: 0 };
  const population = new PopulationCounters();
  const admitted: Transport[] = [];
  const destroyed: Transport[] = [];
  const config = resolveConfig({ listeners: [], limits });
  const admission = new Admission({
    config: () => config,
    monotonic: () => state.now,
    population,
    onAccept: () => onAccept,
    admit: (transport) => admitted.push(transport),
  });
  const knock = (remoteAddress = "10.0.0.1"): Transport => {
    const transport = { info: { remoteAddress }, destroy: () => destroyed.push(transport) } as unknown as Transport;
    admission.enter(transport);
    return transport;
  };
  const hits = (): Record<string, number> => Object.fromEntries(population.limitsHit);
  return { admission, admitted, destroyed, hits, knock, population, state };
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Admission", () => {
  test("lets in as many as may be open, and others when some have left", () => {
    const { admission, admitted, destroyed, hits, knock, population } = doorWith({ limits: { maxConnections: 2 } });
    const [first, , third] = [knock(), knock(), knock()];
    expect([admitted.length, destroyed, hits()]).toEqual([2, [third], { "limits.max_connections": 1 }]);
    admission.left(first);
    knock();
    expect([admitted.length, population.connectionsOpen, population.connectionsAccepted]).toEqual([3, 2, 3]);
  });

  test("lets in so many from one address; neighbours, and those without an address, are not its matter", () => {
    const { admission, admitted, hits, knock } = doorWith({ limits: { maxConnectionsPerAddress: 1 } });
    const first = knock("10.0.0.1");
    knock("10.0.0.1");
    for (const other of ["10.0.0.2", "", "", ""]) knock(other);
    expect([admitted.length, hits()]).toEqual([5, { "limits.max_connections_per_address": 1 }]);
    admission.left(first);
    knock("10.0.0.1");
    expect(admitted).toHaveLength(6);
  });

  test("lets in so many in a second, in all", () => {
    const { admitted, hits, knock, state } = doorWith({ limits: { connectRate: 3 } });
    for (let index = 0; index < 5; index++) knock(`10.0.0.${index}`);
    expect([admitted.length, hits()]).toEqual([3, { "limits.connect_rate": 2 }]);
    state.now = 1000;
    knock();
    expect(admitted).toHaveLength(4);
  });

  test("lets in so many in a second from one address", () => {
    const { admitted, hits, knock, state } = doorWith({ limits: { connectRatePerAddress: 2 } });
    for (const address of ["a", "a", "a", "b", "", "", ""]) knock(address);
    expect([admitted.length, hits()]).toEqual([6, { "limits.connect_rate_per_address": 1 }]);
    state.now = 1000;
    knock("a");
    expect(admitted).toHaveLength(7);
  });

  test.each([
    ["false", () => false],
    ["false, later", async () => false],
    [
      "an error",
      () => {
        throw new Error("of a hook");
      },
    ],
    [
      "an error, later",
      async () => {
        throw new Error("of a hook");
      },
    ],
  ])("closes a connection that onAccept answers with %s, and counts it out again", async (_, onAccept) => {
    const { admitted, destroyed, knock, population } = doorWith({ onAccept });
    const transport = knock();
    await turnEnds();
    expect([admitted, destroyed, population.connectionsOpen]).toEqual([[], [transport], 0]);
  });

  test("asks onAccept with who is there, and serves when it says yes, now or later", async () => {
    const asked: string[] = [];
    const { admitted, knock } = doorWith({
      onAccept: ({ remoteAddress }) => {
        asked.push(remoteAddress);
        return asked.length === 1 ? true : Promise.resolve(true);
      },
    });
    knock("10.0.0.1");
    expect(admitted).toHaveLength(1);
    knock("10.0.0.2");
    expect(admitted).toHaveLength(1);
    await turnEnds();
    expect([admitted.length, asked]).toEqual([2, ["10.0.0.1", "10.0.0.2"]]);
  });
});
