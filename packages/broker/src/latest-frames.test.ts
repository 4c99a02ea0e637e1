import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { encode, type PublishPacket } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { received } from "../test/received.ts";
import { FlushScheduler } from "./connection/flush-scheduler.ts";
import { Message } from "./message.ts";

const packet: PublishPacket = {
  type: 3,
  dup: false,
  qos: 1,
  retain: false,
  topic: "t",
  packetId: 1,
  payload: Buffer.from("x"),
  properties: undefined,
};

const arrived = (init: Partial<PublishPacket> = {}) =>
  Message.received(received({ ...packet, ...init }, 4), "t", "c", 0);

describe("the frames of the message that was framed last", () => {
  test("are the same for receivers of each kind, in whatever order these come", () => {
    const message = arrived();
    const [one, other] = [message.frame(4, true), message.frame(5, false)];
    expect([message.frame(4, true), message.frame(5, false), message.frame(4, true)]).toEqual([one, other, one]);
    expect(message.frame(4, true)).toBe(one);
    expect(message.frame(5, false)).toBe(other);
  });

  test("are not those of another message, nor of the same one after another", () => {
    const [one, other] = [arrived(), arrived({ payload: Buffer.from("y") })];
    const frame = one.frame(4, true);
    const { end, head, headStart } = other.frame(4, true);
    expect([...head.subarray(headStart, end)]).toEqual([...encode({ ...packet, payload: Buffer.from("y") }, 4)]);
    const again = one.frame(4, true);
    expect(again).not.toBe(frame);
    expect(again).toStrictEqual(frame);
  });

  test("are forgotten where the message gets memory of its own", () => {
    const message = arrived();
    const frame = message.frame(4, true);
    message.detach();
    expect(message.frame(4, true).head).not.toBe(frame.head);
  });

  test("are the same also where they are large: properties are not encoded for each receiver", () => {
    const userProperties = Array.from({ length: 1000 }, (_, index) => [`name ${index}`, "value"] as const);
    const properties = { userProperties };
    const message = Message.received(received({ ...packet, properties }, 5), "t", "c", 0);
    expect(message.frame(5, false).headEnd).toBeGreaterThan(10_000);
    expect(message.frame(5, false)).toBe(message.frame(5, false));
  });

  test("are forgotten when the output is written, so that nothing pins the message", () => {
    const message = arrived();
    const frame = message.frame(4, true);
    new FlushScheduler(() => 0).flush();
    expect(message.frame(4, true)).not.toBe(frame);
  });

  test("do not outlive the next collection of the young generation, however old their messages are", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;
    const queued = Array.from({ length: 20_000 }, () => arrived());
    for (const message of queued) message.detach();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (const message of queued) message.frame(4, true);
    for (let count = 0; count < 3; count++) collect({ type: "minor" });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(queued.length * 30); // a frame has over 100 bytes
  });
});
