/** What the hooks around a connection see and may change: onAccept, onBasicAuth, sessions, onClosed. */

import type { AuthOptions, Client, HookWrapper } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

function allowing(change: (options: AuthOptions) => void): HookWrapper {
  return {
    onBasicAuth: (next) => (client, request) => {
      change(request.options);
      return next(client, request);
    },
  };
}

describe.each(stores)("onAccept, with the $name store", ({ start }) => {
  it("sees where the connection comes from, before CONNECT", async () => {
    const seen: unknown[] = [];
    const hooks: HookWrapper = {
      onAccept: (next) => (connection) => {
        seen.push([connection.remoteAddress, connection.remotePort, connection.kind]);
        return next(connection);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const client = broker.open({ info: { remoteAddress: "192.0.2.9", remotePort: 40_000 } });
    expect(seen).toEqual([["192.0.2.9", 40_000, "memory"]]);
    client.sendConnect();
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
  });

  it("lets CONNECT wait until it has answered", async () => {
    let answer = (_: boolean) => {};
    const hooks: HookWrapper = { onAccept: () => () => new Promise<boolean>((resolve) => (answer = resolve)) };
    const broker = await start({ plugins: () => [plugin(hooks)], patience: 1 });
    const client = broker.open();
    client.sendConnect();
    await client.nothing();
    answer(true);
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
  });
});

describe.each(stores)("options that onBasicAuth sets, with the $name store", ({ start }) => {
  const changes: [keyof AuthOptions, unknown, object][] = [
    ["sessionExpiry", 7, { sessionExpiryInterval: 7 }],
    ["receiveMax", 3, { receiveMaximum: 3 }],
    ["maximumQoS", 1, { maximumQoS: 1 }],
    ["maxPacketSize", 500, { maximumPacketSize: 500 }],
    ["topicAliasMax", 2, { topicAliasMaximum: 2 }],
    ["retainAvailable", false, { retainAvailable: false }],
    ["wildcardSubAvailable", false, { wildcardSubscriptionAvailable: false }],
    ["subIdAvailable", false, { subscriptionIdentifierAvailable: false }],
    ["sharedSubAvailable", false, { sharedSubscriptionAvailable: false }],
    ["keepAlive", 33, { serverKeepAlive: 33 }],
    ["userProperties", [["from", "plugin"]], { userProperties: [["from", "plugin"]] }],
    ["assignedClientId", "chosen", { assignedClientIdentifier: "chosen" }],
    ["responseInfo", "answers/x", { responseInformation: "answers/x" }],
  ];

  it.each(changes)("%s: %j is what CONNACK announces", async (key, value, announced) => {
    const hooks = allowing((options) => Object.assign(options, { [key]: value }));
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const properties = { sessionExpiryInterval: 100, requestResponseInformation: true };
    const client = await broker.connect({ clientId: "", properties });
    expect(client.connack?.properties).toMatchObject(announced);
  });

  it("are the client's alone: its neighbour has the configuration's", async () => {
    const hooks = allowing((options) => {
      if (options.username === "limited") options.maximumQoS = 0;
    });
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const limited = await broker.connect({ username: "limited" });
    expect(limited.connack?.properties?.maximumQoS).toBe(0);
    const free = await broker.connect({ username: "free" });
    expect(free.connack?.properties?.maximumQoS).toBeUndefined();
    await free.publish("a", "", { qos: 2 });
    limited.send("publish", { topic: "a", qos: 1, packetId: 1 });
    await limited.disconnected(0x9b);
  });

  it("hold: sessionExpiry, receiveMax, maxInflight, maxPacketSize, topicAliasMax", async () => {
    const hooks = allowing((options) => {
      Object.assign(options, {
        sessionExpiry: 10,
        receiveMax: 1,
        maxInflight: 1,
        maxPacketSize: 200,
        topicAliasMax: 0,
      });
    });
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 1_000 } };
    const client = await broker.connect({ ...options, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    for (const text of ["one", "two"]) await publisher.publish("a", text, { qos: 1 });
    await client.next("publish");
    await client.nothing();
    client.send("publish", { topic: "b", properties: { topicAlias: 1 } });
    await client.disconnected(0x94);
    await broker.advance(11_000);
    expect((await broker.connect(options)).connack?.sessionPresent).toBe(false);
    const greedy = await broker.connect();
    for (const packetId of [1, 2]) greedy.send("publish", { topic: "c", qos: 2, packetId });
    await greedy.next("pubrec");
    await greedy.disconnected(0x93);
    const large = await broker.connect();
    large.sendBytes("30 c9 01");
    await large.disconnected(0x95);
  });

  it("hold: retainAvailable, wildcardSubAvailable, subIdAvailable, sharedSubAvailable", async () => {
    const off = {
      retainAvailable: false,
      wildcardSubAvailable: false,
      subIdAvailable: false,
      sharedSubAvailable: false,
    };
    const broker = await start({ plugins: () => [plugin(allowing((options) => Object.assign(options, off)))] });
    const old = await broker.connect({ version: 4 });
    expect((await old.subscribe(["a", "#", "$share/g/a"])).reasonCodes).toEqual([0, 0x80, 0x80]);
    for (const [code, bytes] of [
      [0x9a, "31 04 00 01 61 00"],
      [0xa2, "82 07 00 01 00 00 01 23 00"],
      [0xa1, "82 09 00 01 02 0b 01 00 01 61 00"],
      [0x9e, "82 10 00 01 00 00 0a 24 73 68 61 72 65 2f 67 2f 61 00"],
    ] as const) {
      const client = await broker.connect();
      client.sendBytes(bytes);
      await client.disconnected(code);
    }
  });

  it("username replaces the one of the CONNECT for everybody who asks later", async () => {
    const seen: (string | undefined)[] = [];
    const hooks: HookWrapper = {
      ...allowing((options) => {
        options.username = "from the token";
      }),
      onConnected: () => (client) => void seen.push(client.options.username),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const { clientId } = await broker.connect({ username: "claimed" });
    expect(seen).toEqual(["from the token"]);
    expect(broker.server.clientService.getSession(clientId)?.username).toBe("from the token");
  });

  it("keepAlive holds: the client is closed after one and a half times of it", async () => {
    const broker = await start({
      plugins: () => [plugin(allowing((options) => Object.assign(options, { keepAlive: 4 })))],
    });
    const client = await broker.connect({ keepAlive: 100 });
    await broker.advance(5_900);
    await client.nothing();
    await broker.advance(300);
    await client.disconnected(0x8d);
  });

  it("see what the client asked for: the whole CONNECT", async () => {
    let seen: unknown;
    const hooks: HookWrapper = {
      onBasicAuth: (next) => (client, request) => {
        seen = { ...request.connect, connection: client.connection.remoteAddress, session: client.session };
        return next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const client = broker.open({ info: { remoteAddress: "192.0.2.3" } });
    client.sendConnect({ clientId: "c", username: "u", password: "p", will: { topic: "w" }, keepAlive: 60 });
    await client.next("connack");
    expect(seen).toMatchObject({
      clientId: "c",
      username: "u",
      keepAlive: 60,
      protocolVersion: 5,
      will: { topic: "w" },
      connection: "192.0.2.3",
      session: undefined,
    });
    expect(Buffer.from((seen as { password: Uint8Array }).password).toString()).toBe("p");
  });
});

describe.each(stores)("hooks of a session's life, with the $name store", ({ start }) => {
  it("are called in order, with who it was and why it ended", async () => {
    const calls: unknown[] = [];
    const note =
      (name: string) =>
      () =>
      ({ options, session }: Client) =>
        void calls.push([name, options.clientId, session?.connected]);
    const hooks: HookWrapper = {
      onSessionCreated: note("created"),
      onSessionResumed: note("resumed"),
      onConnected: note("connected"),
      onClosed: () => (client, error) => void calls.push(["closed", client.options.clientId, error?.message]),
      onSessionTerminated: () => (clientId, reason) => void calls.push(["terminated", clientId, reason]),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    await (await broker.connect(options)).disconnect();
    await (await broker.connect(options)).drop();
    await broker.connect({ ...options, cleanStart: true });
    broker.server.clientService.terminateSession("s");
    await broker.idle();
    await (await broker.connect(options)).drop();
    await broker.advance(61_000);
    expect(calls).toEqual([
      ["created", "s", expect.anything()],
      ["connected", "s", expect.anything()],
      ["closed", "s", undefined],
      ["resumed", "s", expect.anything()],
      ["connected", "s", expect.anything()],
      ["closed", "s", expect.stringMatching(/closed/)],
      ["terminated", "s", "taken_over"],
      ["created", "s", expect.anything()],
      ["connected", "s", expect.anything()],
      ["closed", "s", expect.stringMatching(/terminated/)],
      ["terminated", "s", "normal"],
      ["created", "s", expect.anything()],
      ["connected", "s", expect.anything()],
      ["closed", "s", expect.stringMatching(/closed/)],
      ["terminated", "s", "expired"],
    ]);
  });

  it("onClosed comes once for each connection, also for one that was refused, with the reason", async () => {
    const reasons: string[] = [];
    const hooks: HookWrapper = {
      onBasicAuth: (next) => (client, request) => {
        if (request.connect.username === "wrong") throw new Error("no");
        return next(client, request);
      },
      onClosed: () => (client, error) => void reasons.push(`${client.options.clientId}: ${error?.message ?? "normal"}`),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    await broker.refused({ clientId: "refused", username: "wrong" });
    const wrong = await broker.connect({ clientId: "wrong" });
    wrong.sendBytes("d0 00");
    await wrong.find("disconnect");
    await wrong.drop();
    const old = await broker.connect({ clientId: "same" });
    await broker.connect({ clientId: "same" });
    await old.disconnected(0x8e);
    expect(reasons).toEqual([
      expect.stringMatching(/^refused: /),
      expect.stringMatching(/^wrong: PINGRESP/),
      "same: session taken over",
    ]);
  });

  it("a client may be closed or disconnected from within onConnected", async () => {
    const hooks: HookWrapper = {
      onConnected: () => (client) => {
        if (client.options.clientId === "close") client.close();
        if (client.options.clientId === "disconnect") client.disconnect({ reasonCode: 0x9c });
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const disconnected = await broker.connect({ clientId: "disconnect" });
    await disconnected.disconnected(0x9c);
    const closed = await broker.connect({ clientId: "close" });
    await closed.closed();
    expect(broker.server.clientService.clientCount).toBe(0);
  });
});
