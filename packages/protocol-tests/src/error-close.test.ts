/** After an error the DISCONNECT reaches the client, over real sockets, whatever lies unread (MQTT 5.0 section 4.13). */

import { type Broker, createBroker } from "@gmqtt/broker";
import { connectSocket, openSocket } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { frame, string } from "./bytes.ts";

describe("closing after an error, over TCP", () => {
  let broker: Broker;
  let address: string;

  beforeAll(async () => {
    broker = createBroker({ config: { listeners: [{ address: "127.0.0.1:0" }], mqtt: { maxPacketSize: 10_000_000 } } });
    await broker.start();
    address = `mqtt://127.0.0.1:${broker.listeners[0]?.port}`;
  });

  afterAll(async () => {
    await broker.stop();
  });

  it.each([
    ["a malformed packet", Buffer.of(0x00, 0x00), 0x81],
    ["a packet that only servers send", Buffer.of(0xd0, 0x00), 0x82],
    ["an unknown topic alias", frame(0x30, "00 00 03 23 00 05"), 0x82],
  ])("says why in spite of a megabyte unread behind %s [MQTT-4.13.1-1] [hard case 18]", async (_, bytes, code) => {
    const client = await connectSocket(address);
    const flood = frame(0x30, string("a"), 0, Buffer.alloc(1_000_000));
    client.sendBytes(Buffer.concat([bytes, flood, flood]));
    await client.disconnected(code);
  });

  it("says why to a client that goes on sending for a while [hard case 18]", async () => {
    const client = await connectSocket(address, { allowHalfOpen: true });
    const flood = frame(0x30, string("a"), 0, Buffer.alloc(100_000));
    client.sendBytes(Buffer.of(0x00, 0x00));
    for (let count = 0; count < 20; count++) client.sendBytes(flood);
    await client.disconnected(0x81);
  });

  it("says why when the packet is larger than allowed, before it is there [hard case 18] [hard case 27]", async () => {
    const client = await connectSocket(address);
    client.sendBytes(frame(0x30, string("a"), 0, Buffer.alloc(11_000_000)).subarray(0, 2_000_000));
    await client.disconnected(0x95);
  });

  it("ends the connection of a client that never closes its side [hard case 18]", async () => {
    const client = await connectSocket(address, { allowHalfOpen: true });
    client.sendBytes(Buffer.of(0x00, 0x00));
    await client.disconnected(0x81);
    // The broker lets go of it in the end, and counts no connection any more.
    await waitFor(() => broker.statsManager.population.connectionsOpen === 0);
  });

  it("sends the CONNACK of a refusal before it closes, too [hard case 18]", async () => {
    const client = await openSocket(address);
    const flood = frame(0x30, string("a"), 0, Buffer.alloc(1_000_000));
    client.sendBytes(Buffer.concat([frame(0x10, string("MQTT"), 9, 2, 0, 0, string("c")), flood]));
    expect((await client.next("connack")).reasonCode).toBe(0x84);
    await client.closed();
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) expect.unreachable("did not come true within 20 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
