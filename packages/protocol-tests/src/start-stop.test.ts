/** Starts that are interrupted, and starts that fail half-way. */

import { type AddressInfo, createServer } from "node:net";
import { createBroker, type Plugin, StartError, silentLogger } from "@gmqtt/broker";
import { createSlowPersistence, VirtualClock } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";

/** Notes what happens to it; `load` waits for `loaded`. */
function slowPlugin(events: string[], loaded: Promise<void>): Plugin {
  return {
    name: "slow",
    load: async () => {
      await loaded;
      events.push("load");
    },
    unload: () => void events.push("unload"),
    hookWrapper: () => ({}),
  };
}

const emptySession = {
  username: undefined,
  protocolVersion: 5,
  expiryInterval: 4_294_967_295,
  createdAt: 0,
  disconnectedAt: 0,
  will: undefined,
} as const;
const nothingStored = { subscriptions: [], incomingPacketIds: [], deliveries: 0, lastSequence: 0 };

describe("a broker", () => {
  it("that is stopped while it starts finishes its start, and then stops", async () => {
    const events: string[] = [];
    let finish = (): void => {};
    const loaded = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const broker = createBroker({
      config: { listeners: [{ address: "127.0.0.1:0" }] },
      plugins: [slowPlugin(events, loaded)],
    });
    const started = broker.start();
    const stopped = broker.stop();
    finish();
    await Promise.all([started, stopped]);
    expect(events).toEqual(["load", "unload"]);
    expect(broker.readiness).toMatchObject({ ready: false, reason: "stopping" });
  });

  it("whose second listener can't be had takes back the first and names the culprit", async () => {
    const events: string[] = [];
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    const broker = createBroker({
      config: { listeners: [{ address: "127.0.0.1:0" }, { address: `127.0.0.1:${port}` }] },
      plugins: [slowPlugin(events, Promise.resolve())],
    });
    const failure = await broker.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    expect((failure as StartError).message).toBe(
      `cannot listen on 127.0.0.1:${port}: address already in use (another broker running?)`,
    );
    expect(events).toEqual(["load", "unload"]);
    const first = broker.listeners[0]?.port as number;
    const again = createServer();
    await new Promise<void>((resolve) => again.listen(first, "127.0.0.1", resolve));
    await Promise.all([taken, again].map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it.each(["load", "store", "nothing"])("unloads once what it had prepared, when %s fails", async (failing) => {
    const events: string[] = [];
    const note = (event: string) => (): void => {
      events.push(event);
      if (event === `${failing} prepared`) throw new Error("no");
    };
    const health: Plugin = {
      name: "health",
      prepare: note("prepare"),
      load: note("load prepared"),
      unload: note("unload"),
      hookWrapper: () => ({}),
    };
    const store = createSlowPersistence().connect();
    const open = store.open.bind(store);
    store.open = (memory) => {
      note("store prepared")();
      return open(memory);
    };
    const broker = createBroker({ plugins: [health], persistence: store });
    await broker.start().catch(() => {});
    await broker.stop();
    const begun = failing === "store" ? ["prepare", "store prepared"] : ["prepare", "store prepared", "load prepared"];
    expect(events).toEqual([...begun, "unload"]);
  });

  it("says every five seconds how many sessions are restored", async () => {
    const clock = new VirtualClock();
    const store = createSlowPersistence().connect();
    store.sessions = async function* () {
      for (const clientId of ["a", "b", "c", "d"]) {
        yield [{ session: { ...emptySession, clientId }, ...nothingStored }];
        await clock.advance(3000);
      }
    };
    const told: object[] = [];
    const info = (fields: object, text: string): void => {
      if (text === "sessions are being restored") told.push(fields);
    };
    const broker = createBroker({ clock, persistence: store, logger: { ...silentLogger, info } });
    await broker.start();
    await broker.stop();
    expect(told).toEqual([{ sessions: 3 }]);
  });

  it("is started once", async () => {
    const broker = createBroker();
    await broker.start();
    await expect(broker.start()).rejects.toThrow("a broker is started once");
    await broker.stop();
  });
});
