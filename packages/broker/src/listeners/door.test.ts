/** The door of listeners whose connections need something before they are one: asked first, told when it came to nothing. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { Certificates, RecordingLogger } from "../../test/listener-fixtures.ts";
import { resolveConfig } from "../config/index.ts";
import { createBroker } from "../server.ts";
import { openListener } from "./open-listener.ts";
import type { Listener } from "./transport.ts";

let certificates: Certificates;
beforeAll(() => {
  certificates = new Certificates();
  certificates.authority("server");
});
afterAll(() => certificates.remove());

const tls = { cert: "server.crt", key: "server.key" };
const proxyHeader = "PROXY TCP4 192.0.2.7 192.0.2.1 4000 1883\r\n";

interface Case {
  readonly name: string;
  readonly listener: object;
  /** Who the door is told of. */
  readonly address: string;
  /** Makes a complete connection of a raw one. */
  readonly finish: (raw: Socket, port: number) => unknown;
}

const cases: readonly Case[] = [
  {
    name: "TLS",
    listener: { tls },
    address: "127.0.0.1",
    finish: (socket) => connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ["mqtt"] }),
  },
  {
    name: "WebSocket",
    listener: { websocket: {} },
    address: "127.0.0.1",
    finish: (socket, port) => new WebSocket(`ws://127.0.0.1:${port}/`, "mqtt", { createConnection: () => socket }),
  },
  {
    name: "the PROXY protocol",
    listener: { proxyProtocol: { trusted: ["127.0.0.1"] } },
    address: "192.0.2.7",
    finish: (socket) => socket.write(proxyHeader),
  },
];

describe.each(cases)("the door of a listener with $name", ({ listener: entry, address, finish }) => {
  async function open(
    welcome: boolean,
    openingTimeout = 10_000,
  ): Promise<{ listener: Listener; events: string[]; dial: () => Promise<Socket> }> {
    const events: string[] = [];
    const [config] = resolveConfig({ listeners: [{ address: "127.0.0.1:0", ...entry }] }).listeners;
    const listener = await openListener(config!, {
      baseDirectory: certificates.directory,
      accept: (_, counted) => void events.push(`accepted ${counted}`),
      door: {
        enter: (from) => {
          events.push(`enter ${from}`);
          return welcome;
        },
        leave: (from) => void events.push(`leave ${from}`),
      },
      logger: new RecordingLogger(),
      maximumPayload: () => 1024,
      openingTimeout,
    });
    onTestFinished(() => listener.close());
    const dial = async (): Promise<Socket> => {
      const socket = connect(listener.port, "127.0.0.1");
      socket.on("error", () => {});
      onTestFinished(() => void socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    return { listener, events, dial };
  }

  const header = address === "127.0.0.1" ? "" : proxyHeader;

  it("turns away before anything is answered", async () => {
    const { dial, events } = await open(false);
    const socket = await dial();
    socket.write(header);
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    await once(socket, "close");
    expect([events, received]).toEqual([[`enter ${address}`], []]);
  });

  it("is told of one whose connection never becomes one", async () => {
    const { dial, events } = await open(true, 300);
    const socket = await dial();
    socket.write(header === "" ? "\x16" : header);
    await expect.poll(() => events[0]).toBe(`enter ${address}`);
    if (header === "") await expect.poll(() => events).toEqual([`enter ${address}`, `leave ${address}`]);
  });

  it("hands on who is complete as counted", async () => {
    const { dial, events, listener } = await open(true);
    finish(await dial(), listener.port);
    await expect.poll(() => events).toEqual([`enter ${address}`, "accepted true"]);
  });
});

describe("limits of connections", () => {
  it("count those that are in their handshake, and let others in when they have gone", async () => {
    const broker = createBroker({
      config: { listeners: [{ address: "127.0.0.1:0", tls }], limits: { maxConnectionsPerAddress: 2 } },
      baseDirectory: certificates.directory,
    });
    await broker.start();
    onTestFinished(() => broker.stop());
    const { population } = broker.statsManager;
    const dial = (): Socket => connect(broker.listeners[0]?.port ?? 0, "127.0.0.1").on("error", () => {});
    const [first, second] = [dial(), dial()];
    await expect.poll(() => population.connectionsOpen).toBe(2);
    const third = dial();
    await once(third, "close");
    expect([...population.limitsHit]).toEqual([["limits.max_connections_per_address", 1]]);
    first.resetAndDestroy();
    await expect.poll(() => population.connectionsOpen).toBe(1);
    const secured = connectTls({ port: broker.listeners[0]?.port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(secured, "secureConnect");
    await expect.poll(() => [population.connectionsOpen, population.connectionsAccepted]).toEqual([2, 1]);
    secured.destroy();
    second.resetAndDestroy();
    await expect.poll(() => population.connectionsOpen).toBe(0);
  });
});
