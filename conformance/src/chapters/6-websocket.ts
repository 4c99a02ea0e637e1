/** Chapter 6: MQTT over WebSocket. */

import { bytes } from "../bytes/bytes.ts";
import { connect, pingreq, publish, subscribe } from "../bytes/packets.ts";
import { frame, upgrade } from "../client/websocket.ts";
import { NotApplicable } from "../runner/context.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { subscriber } from "./common.ts";

export const webSocket: TestCase[] = chapter("6 WebSocket", (test) => {
  test("closes at a text frame", { v5: "6.0.0-1", v4: "6.0.0-1" }, async (t) => {
    for (const late of [false, true]) {
      const { client, stream } = await t.webSocket();
      const hello = connect(t.version, { id: client.options.id ?? "" });
      if (late) {
        client.send(hello);
        t.equal((await client.next()).code, 0, "CONNACK");
      }
      stream.raw(frame(1, late ? pingreq() : hello));
      await client.closed();
      t.equal(client.inbox.filter(({ name }) => name !== "disconnect").length, 0, "packets received");
    }
  });

  test("sends binary frames", { v5: "6.0.0-1", v4: "6.0.0-1" }, async (t) => {
    const { client, stream } = await t.webSocket();
    client.send(connect(t.version, { id: client.options.id ?? "" }));
    t.equal((await client.next()).code, 0, "CONNACK");
    await client.subscribe(t.topic);
    await client.publish(t.topic, "x".repeat(70_00), { qos: 1 });
    await client.message();
    t.ok(
      stream.frames.every((opcode) => [0, 2, 9, 10].includes(opcode)),
      `opcodes ${stream.frames.join(" ")}`,
    );
    t.ok(stream.frames.includes(2), "no binary frame came");
  });

  test("takes packets in parts and several at once", { v5: "6.0.0-2", v4: "6.0.0-2" }, async (t) => {
    const { client, stream } = await t.webSocket();
    for (const byte of connect(t.version, { id: client.options.id ?? "" })) stream.raw(frame(2, Buffer.of(byte)));
    t.equal((await client.next()).code, 0, "CONNACK");
    const several = bytes(
      subscribe(t.version, 1, [[t.topic, 1]]),
      publish(t.version, t.topic, "a", { qos: 1, id: 2 }),
      pingreq(),
    );
    client.conversation.sent(several);
    stream.raw(frame(2, several));
    await client.take("suback");
    await client.take("puback");
    await client.take("pingresp");
    t.equal((await client.message()).text, "a", "message");
  });

  test("takes fragmented messages with control frames between", {
    v5: "6.0.0-2 6.0.0-1",
    v4: "6.0.0-2 6.0.0-1",
  }, async (t) => {
    const { client, stream } = await t.webSocket();
    const hello = connect(t.version, { id: client.options.id ?? "" });
    stream.raw(frame(2, hello.subarray(0, 5), false));
    stream.raw(frame(9, Buffer.from("ping")));
    stream.raw(frame(0, hello.subarray(5, 7), false));
    stream.raw(frame(0, hello.subarray(7), true));
    t.equal((await client.next()).code, 0, "CONNACK");
    stream.raw(frame(2, Buffer.alloc(0)));
    await client.ping();
    t.ok(stream.frames.includes(10), "no pong came");
  });

  test("chooses mqtt among the client's subprotocols", { v5: "6.0.0-3 6.0.0-4", v4: "6.0.0-3 6.0.0-4" }, async (t) => {
    const { host, webSocketPort, webSocketPath = "/" } = t.endpoint;
    if (webSocketPort === undefined) throw new NotApplicable("no WebSocket address is known");
    for (const offer of ["mqtt", "foo, mqtt", "mqtt, foo"]) {
      const answer = await upgrade(host, webSocketPort, webSocketPath, offer);
      t.equal([answer.status, answer.headers.get("sec-websocket-protocol")], [101, "mqtt"], `answer to ${offer}`);
      answer.socket.destroy();
    }
  });

  test("selects nothing that the client did not offer", { v5: "6.0.0-3 6.0.0-4", v4: "6.0.0-3 6.0.0-4" }, async (t) => {
    const { host, webSocketPort, webSocketPath = "/" } = t.endpoint;
    if (webSocketPort === undefined) throw new NotApplicable("no WebSocket address is known");
    for (const offer of [undefined, "foo, bar"]) {
      const answer = await upgrade(host, webSocketPort, webSocketPath, offer);
      const chosen = answer.headers.get("sec-websocket-protocol");
      t.ok(answer.status !== 101 || chosen === undefined, `${chosen} was chosen from ${offer}`);
      answer.socket.destroy();
    }
  });

  test("publishes the will when the WebSocket closes without DISCONNECT", {
    v5: "3.1.2-8 6.0.0-1",
    v4: "3.1.2-8 6.0.0-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const { client, stream } = await t.webSocket();
    client.send(connect(t.version, { id: client.options.id ?? "", will: { topic: t.topic, payload: "will" } }));
    t.equal((await client.next()).code, 0, "CONNACK");
    stream.raw(frame(8, Buffer.of(0x03, 0xe8)));
    await client.closed();
    t.equal((await watcher.message()).text, "will", "will");
  });
});
