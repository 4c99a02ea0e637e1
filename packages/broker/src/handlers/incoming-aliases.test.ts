import type { PublishPacket } from "@gmqtt/packets";
import { expect, test } from "vitest";
import { received } from "../../test/received.ts";
import { IncomingAliases } from "./incoming-aliases.ts";

function publish(topic: string, topicAlias?: number) {
  const packet = { type: 3, dup: false, qos: 0, retain: false, topic, packetId: 0, payload: Buffer.alloc(0) };
  return received({ ...packet, properties: topicAlias === undefined ? {} : { topicAlias } } as PublishPacket, 5);
}

test("an alias stands for the topic it was set with last [MQTT-3.3.2-12]", () => {
  const aliases = new IncomingAliases(3);
  const topics = [publish("a", 1), publish("b", 3), publish("", 1), publish("c", 1), publish("", 1), publish("", 3)];
  expect(topics.map((packet) => aliases.resolve(packet))).toEqual(["a", "b", "a", "c", "c", "b"]);
  expect(aliases.resolve(publish("plain"))).toBe("plain");
});

test("refuses an alias above the announced maximum (0x94) [MQTT-3.2.2-17], and one that was not set before (0x82)", () => {
  expect(() => new IncomingAliases(3).resolve(publish("a", 4))).toThrow(expect.objectContaining({ reasonCode: 0x94 }));
  expect(() => new IncomingAliases(0).resolve(publish("a", 1))).toThrow(expect.objectContaining({ reasonCode: 0x94 }));
  const aliases = new IncomingAliases(3);
  aliases.resolve(publish("a", 1));
  expect(() => aliases.resolve(publish("", 2))).toThrow(expect.objectContaining({ reasonCode: 0x82 }));
});
