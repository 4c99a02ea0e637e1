/** SCRAM over MQTT 5.0: a client written by hand authenticates and re-authenticates over a real connection. */

import type { Broker } from "@gmqtt/broker";
import type { Packet } from "@gmqtt/packets";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { PacketSocket } from "./client/packet-socket.ts";
import { ScramClient } from "./client/scram-client.ts";

const method = "SCRAM-SHA-256";
let broker: Broker;

beforeAll(async () => {
  process.env.ADDRESS = "127.0.0.1:0";
  ({ broker } = await import("./main.ts"));
});

afterAll(() => broker.stop());

function open(): PacketSocket {
  const socket = new PacketSocket(broker.listeners[0]?.port as number);
  onTestFinished(() => socket.close());
  return socket;
}

function sendConnect(socket: PacketSocket, data?: string, version: 5 = 5): void {
  const properties = data === undefined ? {} : { authenticationMethod: method, authenticationData: Buffer.from(data) };
  const session = { cleanStart: true, keepAlive: 0, clientId: "" };
  socket.send({ type: 1, protocolVersion: version, ...session, properties });
}

function sendAuth(socket: PacketSocket, reasonCode: 0x18 | 0x19, data: string, as: string = method): void {
  const properties = { authenticationMethod: as, authenticationData: Buffer.from(data) };
  socket.send({ type: 15, reasonCode, properties });
}

/** The authentication data of a packet that must be of this type and have this code. */
function dataOf(packet: Packet | null, type: 2 | 15, reasonCode: number): string {
  expect(packet).toMatchObject({ type, reasonCode, properties: { authenticationMethod: method } });
  const { properties } = packet as { properties: { authenticationData?: Uint8Array } };
  return Buffer.from(properties.authenticationData ?? []).toString();
}

/** A client that is in. */
async function connected(): Promise<PacketSocket> {
  const socket = open();
  const client = new ScramClient("user", "pencil");
  sendConnect(socket, client.first);
  const serverFirst = dataOf(await socket.next(), 15, 0x18);
  sendAuth(socket, 0x18, client.final(serverFirst));
  expect(client.verify(dataOf(await socket.next(), 2, 0))).toBe(true);
  return socket;
}

async function alive(socket: PacketSocket): Promise<void> {
  socket.send({ type: 12 });
  expect(await socket.next()).toEqual({ type: 13 });
}

describe("authentication [MQTT-4.12.0-2] [MQTT-4.12.0-3]", () => {
  it("succeeds with the password, and shows the client that the server knows it", async () => {
    const socket = await connected();
    await alive(socket);
    expect([...broker.clientService.iterateClients()].map(({ options }) => options.username)).toContain("user");
  });

  it.each([
    ["a wrong password", "user", "pen"],
    ["an unknown user", "nobody", "pencil"],
  ])("fails with %s after the same steps, with 0x87", async (_what, username, password) => {
    const socket = open();
    const client = new ScramClient(username, password);
    sendConnect(socket, client.first);
    const serverFirst = dataOf(await socket.next(), 15, 0x18);
    expect(serverFirst).toMatch(/^r=.{48},s=.{24},i=4096$/);
    sendAuth(socket, 0x18, client.final(serverFirst));
    expect(await socket.next()).toMatchObject({ type: 2, reasonCode: 0x87 });
    expect(await socket.next()).toBeNull();
  });

  it("answers for an unknown user with the same salt each time", async () => {
    const salts = [];
    for (let round = 0; round < 2; round++) {
      const socket = open();
      sendConnect(socket, new ScramClient("nobody", "").first);
      salts.push(/s=([^,]+)/.exec(dataOf(await socket.next(), 15, 0x18))?.[1]);
    }
    expect(salts[0]).toBe(salts[1]);
  });

  it("fails when a message was tampered with", async () => {
    const socket = open();
    const client = new ScramClient("user", "pencil");
    sendConnect(socket, client.first);
    const final = client.final(dataOf(await socket.next(), 15, 0x18));
    sendAuth(socket, 0x18, final.replace("c=biws", "c=eSws"));
    expect(await socket.next()).toMatchObject({ type: 2, reasonCode: 0x87 });
    expect(await socket.next()).toBeNull();
  });

  it("fails when the first message makes no sense", async () => {
    const socket = open();
    sendConnect(socket, "open sesame");
    expect(await socket.next()).toMatchObject({ type: 2, reasonCode: 0x87 });
    expect(await socket.next()).toBeNull();
  });

  it("is demanded of clients that bring no method", async () => {
    const socket = open();
    sendConnect(socket);
    const reasonString = "SCRAM-SHA-256 is required";
    expect(await socket.next()).toMatchObject({ type: 2, reasonCode: 0x87, properties: { reasonString } });
    expect(await socket.next()).toBeNull();
  });

  it("refuses other methods with 0x8c", async () => {
    const socket = open();
    const properties = { authenticationMethod: "PLAIN" };
    const session = { cleanStart: true, keepAlive: 0, clientId: "" };
    socket.send({ type: 1, protocolVersion: 5, ...session, properties });
    expect(await socket.next()).toMatchObject({ type: 2, reasonCode: 0x8c });
    expect(await socket.next()).toBeNull();
  });
});

describe("re-authentication [MQTT-4.12.1-1]", () => {
  it("succeeds on the living connection, as often as the client likes", async () => {
    const socket = await connected();
    for (let round = 0; round < 2; round++) {
      const client = new ScramClient("user", "pencil");
      sendAuth(socket, 0x19, client.first);
      const serverFirst = dataOf(await socket.next(), 15, 0x18);
      await alive(socket); // other packets may come in between
      sendAuth(socket, 0x18, client.final(serverFirst));
      expect(client.verify(dataOf(await socket.next(), 15, 0))).toBe(true);
    }
    await alive(socket);
  });

  it("ends the connection when the password is wrong [MQTT-4.12.1-2]", async () => {
    const socket = await connected();
    const client = new ScramClient("user", "pen");
    sendAuth(socket, 0x19, client.first);
    sendAuth(socket, 0x18, client.final(dataOf(await socket.next(), 15, 0x18)));
    expect(await socket.next()).toMatchObject({ type: 14, reasonCode: 0x87 });
    expect(await socket.next()).toBeNull();
  });

  it("does not make another user of the client", async () => {
    const socket = await connected();
    sendAuth(socket, 0x19, new ScramClient("nobody", "pencil").first);
    expect(await socket.next()).toMatchObject({ type: 14, reasonCode: 0x87 });
    expect(await socket.next()).toBeNull();
  });

  it("must not be continued before it began", async () => {
    const socket = await connected();
    sendAuth(socket, 0x18, "c=biws,r=abc,p=def");
    expect(await socket.next()).toMatchObject({ type: 14, reasonCode: 0x82 });
    expect(await socket.next()).toBeNull();
  });

  it("keeps the method of the CONNECT [MQTT-4.12.1-1]", async () => {
    const socket = await connected();
    sendAuth(socket, 0x19, new ScramClient("user", "pencil").first, "PLAIN");
    expect(await socket.next()).toMatchObject({ type: 14, reasonCode: 0x82 });
    expect(await socket.next()).toBeNull();
  });
});
