import { describe, expect, test } from "vitest";
import { Message } from "../message.ts";
import { CommitGate } from "./commit-gate.ts";

function opened(gate: CommitGate, batch: number): string {
  const pieces: Uint8Array[] = [];
  gate.open(batch, {
    release: (bytes) => pieces.push(bytes),
    releaseAck: (firstByte, packetId) => pieces.push(Buffer.of(firstByte, 2, packetId >> 8, packetId & 0xff)),
  });
  return Buffer.concat(pieces).toString("latin1");
}

describe("CommitGate", () => {
  test("lets out what waited for a batch and those before it, in order", () => {
    const gate = new CommitGate();
    gate.hold(Buffer.from("a"), 1);
    gate.hold(Buffer.from("b"), 2);
    gate.hold(Buffer.from("c"), 2);
    gate.hold(Buffer.from("d"), 3);
    expect([gate.empty, gate.bytes, gate.lastBatch]).toEqual([false, 4, 3]);
    expect(opened(gate, 2)).toBe("abc");
    expect([gate.empty, gate.bytes, gate.lastBatch]).toEqual([false, 1, 3]);
    expect(opened(gate, 3)).toBe("d");
    expect([gate.empty, gate.bytes, gate.lastBatch]).toEqual([true, 0, 0]);
  });

  test("acknowledgements keep their place among other packets, and PUBACKs are counted", () => {
    const gate = new CommitGate();
    gate.holdAck(0x40, 0xffff, 1);
    gate.hold(Buffer.from("a"), 1);
    gate.holdAck(0x70, 0x0102, 1);
    gate.holdAck(0x40, 1, 2);
    expect([gate.bytes, gate.pubacks]).toEqual([13, 2]);
    expect(opened(gate, 1)).toBe("\x40\x02\xff\xffa\x70\x02\x01\x02");
    expect([gate.bytes, gate.pubacks, gate.empty]).toEqual([4, 1, false]);
    expect(opened(gate, 2)).toBe("\x40\x02\x00\x01");
    expect([gate.bytes, gate.pubacks, gate.empty]).toEqual([0, 0, true]);
  });

  test("lets out nothing before its batch", () => {
    const gate = new CommitGate();
    gate.hold(Buffer.from("a"), 5);
    expect([opened(gate, 4), gate.bytes]).toEqual(["", 1]);
  });

  test.each([
    ["beside its head", 10],
    ["behind its head", 5000],
  ])("a held PUBLISH has its receiver's flags and packet identifier, its payload %s", (_, size) => {
    const message = Message.create({ topic: "t", payload: "x".repeat(size), qos: 1 }, "", 0);
    const frame = message.frame(4, true);
    const gate = new CommitGate();
    gate.holdFrame(frame, 0x33, 0x0102, 1);
    expect(gate.bytes).toBe(frame.length);
    const bytes = Buffer.from(opened(gate, 1), "latin1");
    expect(bytes[0]).toBe(0x33);
    expect(bytes.subarray(-size - 5, -size)).toEqual(Buffer.of(0, 1, 0x74, 1, 2));
    expect(message.frame(4, true).head[0]).not.toBe(0x33);
  });

  test("a held QoS 0 PUBLISH has no packet identifier", () => {
    const gate = new CommitGate();
    gate.holdFrame(Message.create({ topic: "t", payload: "x" }, "", 0).frame(4, false), 0x31, 0, 1);
    expect(opened(gate, 1)).toBe("\x31\x04\x00\x01tx");
  });
});
