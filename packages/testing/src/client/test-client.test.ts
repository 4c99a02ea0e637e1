import { describe, expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { ScriptedServer } from "../fixtures/scripted-server.ts";

describe("what a scripted client expects", () => {
  it("gives the next packet by its name, with its fields", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.say("publish", { topic: "a", payload: Buffer.from("text"), qos: 1, packetId: 7, retain: true });
    const publish = await client.next("publish");
    expect(publish).toMatchObject({ type: 3, topic: "a", text: "text", qos: 1, packetId: 7, retain: true, dup: false });
    expect(client.received.map(({ type }) => type)).toEqual([2, 3]);
    expect(client.unread).toEqual([]);
  });

  it("fails when another packet comes first, and says which", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.say("publish", { topic: "a/b", payload: Buffer.from("hello") });
    server.say("pingresp");
    await expect(client.next("puback")).rejects.toThrow(
      'expected puback, but first came publish "a/b" qos 0 "hello"; pingresp',
    );
  });

  it("fails when nothing comes, and when the connection ends", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    await expect(client.next("publish")).rejects.toThrow("expected publish, but nothing more came");
    server.end();
    await expect(client.next("publish")).rejects.toThrow("expected publish, but the broker closed the connection");
  });

  it("fails nothing() when something came, or the connection ended", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    await client.nothing();
    server.say("puback", { packetId: 3, reasonCode: 0x10, properties: { reasonString: "who?" } });
    await expect(client.nothing()).rejects.toThrow(
      'expected nothing, but came puback id 3 0x10 (no matching subscribers) "who?"',
    );
    await client.next("puback");
    server.end();
    await expect(client.nothing()).rejects.toThrow("expected nothing, but the broker closed the connection");
  });

  it("fails closed() while the connection is open, or packets are unread", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    await expect(client.closed()).rejects.toThrow("expected the end, but the connection is open");
    server.say("disconnect", { reasonCode: 0x8e });
    server.end();
    await expect(client.closed()).rejects.toThrow(
      "expected the end, but first came disconnect 0x8e (session taken over)",
    );
    await expect(client.disconnected(0x8d)).rejects.toThrow("expected disconnect 0x8d, but came disconnect 0x8e");
    await client.closed();
  });

  it("finds a packet behind others and leaves those unread", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.say("publish", { topic: "a" });
    server.say("suback", { packetId: 9, reasonCodes: [0] });
    expect((await client.find("suback", ({ packetId }) => packetId === 9)).reasonCodes).toEqual([0]);
    await expect(client.find("suback")).rejects.toThrow("unread: publish");
    await client.next("publish");
  });

  it("takes everything at once, when asked to", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.say("pingresp");
    server.say("publish", { topic: "a" });
    await server.activity.idle();
    expect(client.takeAll().map(({ type }) => type)).toEqual([13, 3]);
    expect(client.takeAll()).toEqual([]);
  });

  it("fails everything once the server broke the protocol", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.sayBytes("c0 00");
    await expect(client.nothing()).rejects.toThrow(
      "the broker broke the protocol: PINGREQ must not come from a server",
    );
  });
});

describe("what a scripted client does by itself", () => {
  it("acknowledges QoS 1 and 2, and hides the PUBREL it has answered", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    server.say("publish", { topic: "a", qos: 1, packetId: 1 });
    server.say("publish", { topic: "a", qos: 2, packetId: 2 });
    server.say("pubrel", { packetId: 2 });
    await client.next("publish");
    await client.next("publish");
    await client.nothing();
    expect(server.names).toEqual(["connect", "puback", "pubrec", "pubcomp"]);
  });

  it("leaves acknowledging to the test when told so", async () => {
    const server = new ScriptedServer({ autoAck: false });
    const client = await server.accept();
    server.say("publish", { topic: "a", qos: 2, packetId: 2 });
    await client.next("publish");
    server.say("pubrel", { packetId: 2 });
    await client.next("pubrel");
    expect(server.names).toEqual(["connect"]);
  });

  it("closes its side when the server ends, unless it is to stay half open", async () => {
    const polite = new ScriptedServer();
    polite.end();
    await polite.activity.idle();
    expect([polite.client.ended, polite.ended]).toEqual([true, true]);
    const stubborn = new ScriptedServer({ allowHalfOpen: true });
    stubborn.end();
    await stubborn.activity.idle();
    expect([stubborn.client.ended, stubborn.ended]).toEqual([true, false]);
    stubborn.client.end();
    await stubborn.activity.idle();
    expect(stubborn.ended).toBe(true);
  });

  it("pings by itself when it is to stay alive, and hides the answers", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    const clock = new VirtualClock();
    client.stayAlive(clock, 60);
    await clock.advance(125_000);
    expect(server.names).toEqual(["connect", "pingreq", "pingreq"]);
    for (let pings = 0; pings < 3; pings++) server.say("pingresp");
    await client.next("pingresp");
    await client.nothing();
    await client.drop();
    expect(clock.pendingTimers).toBe(0);
  });

  it("stops reading when frozen, and reads on when thawed", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    client.freeze();
    server.say("pingresp");
    await client.nothing();
    client.thaw();
    await client.next("pingresp");
  });
});

describe("what a scripted client asks for", () => {
  it("goes through the flow of each QoS", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    expect(await client.publish("a", "0")).toBeUndefined();
    const first = client.publish("a", "1", { qos: 1 });
    server.say("puback", { packetId: 1 });
    expect(await first).toMatchObject({ type: 4, packetId: 1 });
    const second = client.publish("a", "2", { qos: 2 });
    server.say("pubrec", { packetId: 2 });
    server.say("pubcomp", { packetId: 2 });
    expect(await second).toMatchObject({ type: 7 });
    const refused = client.publish("a", "2", { qos: 2 });
    server.say("pubrec", { packetId: 3, reasonCode: 0x87 });
    expect(await refused).toMatchObject({ type: 5, reasonCode: 0x87 });
    expect(server.names).toEqual(["connect", "publish", "publish", "publish", "pubrel", "publish"]);
  });

  it("completes filters with the standard's defaults", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    const subscribed = client.subscribe(["a", { filter: "b", qos: 2, noLocal: true }], { subscriptionIdentifier: 4 });
    server.say("suback", { packetId: 1, reasonCodes: [0, 2] });
    expect((await subscribed).reasonCodes).toEqual([0, 2]);
    const unsubscribed = client.unsubscribe("a", "b");
    server.say("unsuback", { packetId: 2, reasonCodes: [0, 0x11] });
    expect((await unsubscribed).reasonCodes).toEqual([0, 0x11]);
    expect(server.heard[1]).toMatchObject({
      subscriptions: [
        { filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
        { filter: "b", qos: 2, noLocal: true, retainAsPublished: false, retainHandling: 0 },
      ],
      properties: { subscriptionIdentifier: 4 },
    });
  });

  it("connects in every version with what the options say", async () => {
    for (const version of [3, 4, 5] as const) {
      const server = new ScriptedServer();
      const will = { topic: "w", payload: "bye", qos: 1, retain: true } as const;
      await server.accept({
        version,
        clientId: "me",
        username: "u",
        password: "p",
        keepAlive: 9,
        cleanStart: false,
        will,
      });
      expect(server.heard[0]).toMatchObject({
        protocolVersion: version,
        clientId: "me",
        username: "u",
        keepAlive: 9,
        cleanStart: false,
        will: { topic: "w", qos: 1, retain: true },
      });
    }
  });

  it("waits for the end after its DISCONNECT", async () => {
    const server = new ScriptedServer();
    const client = await server.accept();
    const done = client.disconnect({ reasonCode: 4 });
    server.end();
    await done;
    expect(server.heard[1]).toMatchObject({ type: 14, reasonCode: 4 });
    const deaf = new ScriptedServer();
    await deaf.accept();
    await expect(deaf.client.disconnect()).rejects.toThrow("the broker did not close after DISCONNECT");
  });
});
