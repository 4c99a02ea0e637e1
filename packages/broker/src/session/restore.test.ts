import { describe, expect, test } from "vitest";
import { delivery, messageOn, stored } from "../../test/deliveries.ts";
import { restoreDelivery, restoreMessage } from "./restore.ts";

describe("what a store gives back", () => {
  test("a message is as it was", () => {
    const message = messageOn("a/b", { properties: { contentType: "text" }, retain: true, now: 5 });
    const back = restoreMessage(message);
    expect(Buffer.from(back.payload).toString()).toBe("x");
    const { properties, publisher, qos, receivedAt, retain, topic } = back;
    expect({ properties, publisher, qos, receivedAt, retain, topic }).toEqual({
      topic: "a/b",
      qos: 1,
      retain: true,
      publisher: "publisher",
      receivedAt: 5,
      properties: { contentType: "text" },
    });
  });

  test("a delivery goes on where it was, and the store need not be told of it again", () => {
    const back = restoreDelivery(stored(9, { state: "released", packetId: 4, qos: 2, sharedFilter: "$share/g/t" }));
    expect(back).toMatchObject({ sequence: 9, state: "released", packetId: 4, qos: 2, recorded: true });
    expect(back.sharedFilter).toBe("$share/g/t");
  });

  test("waiting ends with the message's own expiry or the broker's limit, whichever is first", () => {
    const message = messageOn("t", { now: 1000, properties: { messageExpiryInterval: 60 } });
    const waiting = delivery(1, { message, queuedAt: 2000 });
    const forever = delivery(2, { queuedAt: 2000 });
    expect([60_999, 61_000].map((now) => waiting.expired(now, 0))).toEqual([false, true]);
    expect([11_999, 12_000].map((now) => waiting.expired(now, 10_000))).toEqual([false, true]);
    expect([60_999, 61_000].map((now) => waiting.expired(now, 100_000))).toEqual([false, true]);
    expect([11_999, 12_000].map((now) => forever.expired(now, 10_000))).toEqual([false, true]);
    expect(forever.expired(Number.MAX_SAFE_INTEGER, 0)).toBe(false);
  });
});
