import { type PublishPacket, ReceivedPublish } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { connectionWith } from "../../test/connections.ts";
import { delivery, messageOn } from "../../test/deliveries.ts";
import { HeldStore } from "../../test/session-fixtures.ts";
import { SendResult } from "../session/session-link.ts";
import { PublishSender, type PublishSenderOptions } from "./publish-sender.ts";

function senderWith(options: Partial<PublishSenderOptions> = {}, store?: HeldStore) {
  const around = connectionWith({}, store);
  const { clock, connection, scheduler, transport } = around;
  connection.version = options.version ?? 5;
  const sent: string[] = [];
  const sender = new PublishSender(connection.output, {
    version: 5,
    window: 10,
    maximumPacketSize: Number.POSITIVE_INFINITY,
    topicAliasMaximum: 0,
    now: () => clock.now(),
    since: 0,
    maxUnsentBytes: () => 100,
    onSent: (message) => sent.push(message.topic),
    ...options,
  });
  /** What the client reads: `topic` or `=alias`, as it was set on its side. */
  const read = (): string[] => {
    scheduler.flush();
    const aliases = new Map<number, string>();
    return transport.packets(options.version === 4 ? 4 : 5).map((packet) => {
      const { properties, topic } = packet as PublishPacket;
      const alias = properties?.topicAlias;
      if (alias === undefined) return topic;
      if (topic !== "") aliases.set(alias, topic);
      return topic === "" ? `=${aliases.get(alias)}` : topic;
    });
  };
  return { ...around, read, sender, sent };
}

describe("PublishSender", () => {
  test("replaces a known topic by its alias, but not in a packet that is sent again", () => {
    const { read, sender } = senderWith({ topicAliasMaximum: 1 });
    sender.sendMessage(messageOn("a"), false, undefined);
    sender.sendMessage(messageOn("a"), false, undefined);
    sender.sendDelivery(delivery(1, { message: messageOn("a"), packetId: 1 }), true);
    sender.sendMessage(messageOn("b"), false, undefined);
    sender.sendMessage(messageOn("b"), false, undefined);
    sender.sendMessage(messageOn("a"), false, undefined);
    expect(read()).toEqual(["a", "=a", "a", "b", "=b", "a"]);
  });

  test("QoS 0 that goes past held messages does not use an alias that those have not set yet [MQTT-3.3.2-8]", async () => {
    const store = new HeldStore();
    store.holdsCommits = true;
    const { journal, read, sender } = senderWith({ topicAliasMaximum: 1 }, store);
    journal.record({ type: "incoming-put", clientId: "c", packetId: 1 });
    sender.sendDelivery(delivery(1, { message: messageOn("a"), packetId: 1 }), false);
    sender.sendMessage(messageOn("a", { qos: 0 }), false, undefined);
    expect(read()).toEqual(["a"]);
    sender.sendMessage(messageOn("b", { qos: 0 }), false, undefined);
    await store.answer();
    sender.sendMessage(messageOn("a", { qos: 0 }), false, undefined);
    expect(read()).toEqual(["a", "b", "a", "=a"]);
  });

  test("sets no alias in a packet that only fits without", () => {
    const { read, sender, transport } = senderWith({ topicAliasMaximum: 1, maximumPacketSize: 10 });
    const message = messageOn("abcd", { payload: "1" });
    for (const _ of [1, 2]) expect(sender.sendMessage(message, false, undefined)).toBe(SendResult.Sent);
    expect([read(), transport.written[0]?.length]).toEqual([["abcd", "abcd"], 2 * 10]);
    expect(sender.sendMessage(messageOn("abcd", { payload: "12" }), false, undefined)).toBe(SendResult.TooLarge);
  });

  test("forwards what is left of the expiry interval, and the receiver's identifiers [MQTT-3.3.2-6] [MQTT-3.3.4-3]", () => {
    const { clock, scheduler, sender, transport } = senderWith();
    const message = messageOn("a", { now: clock.now(), properties: { messageExpiryInterval: 60, contentType: "x" } });
    sender.sendMessage(message, false, undefined);
    clock.advance(20_000);
    sender.sendMessage(message, false, [4, 5]);
    scheduler.flush();
    expect(transport.packets(5).map((packet) => (packet as PublishPacket).properties)).toEqual([
      { messageExpiryInterval: 60, contentType: "x" },
      { messageExpiryInterval: 40, contentType: "x", subscriptionIdentifiers: [4, 5] },
    ]);
  });

  test("a retained message has RETAIN, and what a live one has for this receiver [MQTT-3.3.1-8]", () => {
    const { clock, scheduler, sender, transport } = senderWith();
    const message = messageOn("a", { now: clock.now(), qos: 1, properties: { messageExpiryInterval: 60 } });
    sender.sendRetained(message, undefined);
    sender.sendRetained(message, [4]);
    clock.advance(20_000);
    sender.sendRetained(message, undefined);
    scheduler.flush();
    const sent = transport.packets(5).map((packet) => packet as PublishPacket);
    expect(sent.map(({ qos, retain, topic }) => [topic, qos, retain])).toEqual([1, 2, 3].map(() => ["a", 0, true]));
    expect(sent.map(({ properties }) => properties)).toEqual([
      { messageExpiryInterval: 60 },
      { messageExpiryInterval: 60, subscriptionIdentifiers: [4] },
      { messageExpiryInterval: 40 },
    ]);
  });

  test("sends a 3.1.1 client what it can read, with the flags and the identifier of the delivery", () => {
    const { scheduler, sender, transport } = senderWith({ version: 4 });
    const message = messageOn("a", { properties: { contentType: "x" } });
    sender.sendDelivery(delivery(1, { message, packetId: 9, qos: 2 }), true);
    sender.sendPubrel(9);
    scheduler.flush();
    const [publish, pubrel] = transport.packets(4);
    expect(publish).toBeInstanceOf(ReceivedPublish);
    expect(publish).toMatchObject({ qos: 2, dup: true, retain: false, packetId: 9, topic: "a" });
    expect(pubrel).toMatchObject({ type: 6, packetId: 9 });
  });

  test("drops QoS 0 only for a client that does not read and has much unsent", () => {
    const { connection, scheduler, sender, sent, transport } = senderWith();
    transport.takes = false;
    const large = messageOn("a", { payload: "x".repeat(200) });
    expect([sender.writable, sender.sendMessage(large, false, undefined)]).toEqual([true, SendResult.Sent]);
    // Not written yet: nobody knows that the peer does not read.
    expect([sender.writable, sender.sendMessage(large, false, undefined)]).toEqual([false, SendResult.Sent]);
    scheduler.flush();
    expect([connection.output.blocked, sender.sendMessage(large, false, undefined)]).toEqual([
      true,
      SendResult.Blocked,
    ]);
    transport.drain();
    expect([sender.writable, sender.sendMessage(large, false, undefined)]).toEqual([true, SendResult.Sent]);
    expect(sent).toHaveLength(3);
  });

  test("counts what it sends and shows it to who watches", () => {
    const { connection, sender, shared } = senderWith();
    const seen: unknown[] = [];
    shared.taps.add((_source, direction, packet) => seen.push([direction, (packet as PublishPacket).topic]));
    sender.sendDelivery(delivery(1, { message: messageOn("a"), packetId: 1 }), false);
    sender.sendMessage(messageOn("b"), true, undefined);
    expect([connection.counters.messagesSent, shared.traffic.messagesSent]).toEqual([
      [1, 1, 0],
      [1, 1, 0],
    ]);
    expect(seen).toEqual([
      ["out", "a"],
      ["out", "b"],
    ]);
  });
});
