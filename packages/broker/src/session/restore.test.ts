import { describe, expect, test } from "vitest";
import { messageOn, stored } from "../../test/deliveries.ts";
import { queueExpiry, restoreDelivery, restoreMessage } from "./restore.ts";

describe("what a store gives back", () => {
  test("a message is as it was", () => {
    const message = messageOn("a/b", { properties: { contentType: "text" }, retain: true, now: 5 });
    const back = restoreMessage(message);
    expect(Buffer.from(back.payload).toString()).toBe("x");
    expect({ ...back, topic: back.topic, properties: back.properties }).toMatchObject({
      topic: "a/b",
      qos: 1,
      retain: true,
      publisher: "publisher",
      receivedAt: 5,
      properties: { contentType: "text" },
    });
  });

  test("a delivery goes on where it was, and the store need not be told of it again", () => {
    const back = restoreDelivery(stored(9, { state: "released", packetId: 4, qos: 2, sharedFilter: "$share/g/t" }), 0);
    expect(back).toMatchObject({ sequence: 9, state: "released", packetId: 4, qos: 2, recorded: true });
    expect([back.sharedFilter, back.expiresAt]).toEqual(["$share/g/t", Number.POSITIVE_INFINITY]);
  });

  test("waiting ends with the message's own expiry or the broker's limit, whichever is first", () => {
    const message = messageOn("t", { now: 1000, properties: { messageExpiryInterval: 60 } });
    expect(queueExpiry(message, 2000, 0)).toBe(61_000);
    expect(queueExpiry(message, 2000, 10_000)).toBe(12_000);
    expect(queueExpiry(message, 2000, 100_000)).toBe(61_000);
    expect(queueExpiry(messageOn("t"), 2000, 10_000)).toBe(12_000);
  });
});
