import { once } from "node:events";
import { connect, Socket } from "node:net";
import { encode } from "@gmqtt/packets";
import { afterEach, expect, test, vi } from "vitest";
import { createBroker } from "../src/index.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  [0, "asks", [[true, 60_000]]],
  [60, "does not ask", []],
] as const)(
  "the kernel of a client with a keep alive of %i s %s whether it is still there",
  async (keepAlive, _, calls) => {
    const asked = vi.spyOn(Socket.prototype, "setKeepAlive");
    const broker = createBroker({ config: { listeners: [{ address: "127.0.0.1:0" }], log: { level: "error" } } });
    await broker.start();
    try {
      const client = connect({ host: "127.0.0.1", port: broker.listeners[0]?.port as number });
      const connack = once(client, "data");
      client.write(encode({ type: 1, protocolVersion: 4, cleanStart: true, keepAlive, clientId: "c" }, 4));
      await connack;
      client.destroy();
      expect(asked.mock.calls).toEqual(calls);
    } finally {
      await broker.stop();
    }
  },
);
