import { describe, expect, it } from "vitest";
import { ScriptedServer } from "../fixtures/scripted-server.ts";

async function breach(server: ScriptedServer): Promise<string> {
  return await server.client.nothing().then(
    () => "none",
    (error: Error) => error.message,
  );
}

describe("breaches that no single packet shows", () => {
  it("sees more messages open than the client's receive maximum [MQTT-3.3.4-9]", async () => {
    const server = new ScriptedServer({ autoAck: false });
    const client = await server.accept({ properties: { receiveMaximum: 2 } });
    for (const packetId of [1, 2]) server.say("publish", { topic: "a", qos: 2, packetId });
    await client.next("publish");
    await client.next("publish");
    client.send("pubrec", { packetId: 1 });
    client.send("pubrec", { packetId: 2, reasonCode: 0x80 });
    server.say("publish", { topic: "a", qos: 1, packetId: 3 });
    await client.next("publish");
    server.say("publish", { topic: "a", qos: 1, packetId: 4 });
    expect(await breach(server)).toContain("3 messages open with a receive maximum of 2 [MQTT-3.3.4-9]");
  });

  it("sees a packet identifier used twice [MQTT-2.2.1-4]", async () => {
    const server = new ScriptedServer({ autoAck: false });
    await server.accept();
    for (const qos of [1, 2] as const) server.say("publish", { topic: "a", qos, packetId: 5 });
    expect(await breach(server)).toContain("packet identifier 5 while it is in use");
  });

  it("sees aliases above the maximum, and such as never had a topic [MQTT-3.1.2-26]", async () => {
    const above = new ScriptedServer();
    await above.accept({ properties: { topicAliasMaximum: 1 } });
    above.say("publish", { topic: "a", properties: { topicAlias: 2 } });
    expect(await breach(above)).toContain("topic alias 2 above 1");
    const unknown = new ScriptedServer();
    await unknown.accept({ properties: { topicAliasMaximum: 1 } });
    unknown.say("publish", { topic: "", properties: { topicAlias: 1 } });
    expect(await breach(unknown)).toContain("topic alias 1 before it had a topic");
  });

  it("sees packets before CONNACK, behind DISCONNECT, and a second CONNACK [MQTT-3.2.0-1] [MQTT-3.14.4-1] [MQTT-3.2.0-2]", async () => {
    const early = new ScriptedServer();
    early.client.sendConnect();
    early.say("pingresp");
    expect(await breach(early)).toContain("before CONNACK");
    const late = new ScriptedServer();
    await late.accept();
    late.say("disconnect", { reasonCode: 0x8b });
    late.say("publish", { topic: "a" });
    expect(await breach(late)).toContain("behind DISCONNECT");
    const twice = new ScriptedServer();
    await twice.accept();
    twice.say("connack");
    expect(await breach(twice)).toContain("a second CONNACK");
    const first = new ScriptedServer();
    first.say("connack");
    expect(await breach(first)).toContain("before CONNECT");
  });

  it("sees a refusal that pretends to a session [MQTT-3.2.2-6]", async () => {
    const server = new ScriptedServer();
    server.client.sendConnect();
    server.say("connack", { reasonCode: 0x87, sessionPresent: true });
    expect(await breach(server)).toMatch(/session present|Session Present/);
  });

  it("sees a packet larger than the client takes [MQTT-3.1.2-24]", async () => {
    const server = new ScriptedServer();
    await server.accept({ properties: { maximumPacketSize: 20 } });
    server.say("publish", { topic: "a", payload: Buffer.alloc(30) });
    expect(await breach(server)).toContain("exceeds the maximum of 20");
  });
});
