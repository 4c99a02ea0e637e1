import { encode, type Packet, type PublishPacket, type ReceivedPublish } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { connectionWith } from "../test/connections.ts";
import { ChunkPool } from "./connection/chunk-pool.ts";
import { Outbound } from "./connection/outbound.ts";
import { Message } from "./message.ts";
import { keepLoan, LOAN_SIZE, lend, loanOf, TOO_SHORT_TO_LEND } from "./read-loans.ts";

const SIZE = 100_000;

/** The memory that is lent next is this chunk's: it has come back. */
const cameBack = (chunk: Buffer): boolean => lend(LOAN_SIZE).buffer === chunk.buffer;

function lentCopy(bytes: Buffer): Buffer {
  const chunk = lend(bytes.length);
  chunk.set(bytes);
  return chunk;
}

describe("a loan", () => {
  test("comes back when the last who holds it has released it, and is lent again", () => {
    const chunk = lend(SIZE);
    expect(chunk).toHaveLength(SIZE);
    const loan = loanOf(chunk);
    loan?.hold();
    loan?.hold();
    loan?.release();
    expect(cameBack(chunk)).toBe(false);
    loan?.release();
    expect(loanOf(chunk)).toBeUndefined();
    expect(cameBack(chunk)).toBe(true);
  });

  test("is the collector's once somebody keeps bytes of it", () => {
    const chunk = lend(SIZE);
    const loan = loanOf(chunk);
    loan?.hold();
    keepLoan(chunk);
    expect(loanOf(chunk)).toBeUndefined();
    loan?.release();
    expect(cameBack(chunk)).toBe(false);
  });

  test("of a large packet comes back for another of about its size", () => {
    const chunk = lend(1_000_000);
    expect(chunk).toHaveLength(1_000_000);
    loanOf(chunk)?.hold();
    loanOf(chunk)?.release();
    const others = [200_000, 500_000, 2_000_000].map((size) => lend(size));
    expect(others.some(({ buffer }) => buffer === chunk.buffer)).toBe(false);
    const next = lend(950_000);
    expect([next.buffer === chunk.buffer, next.length]).toEqual([true, 950_000]);
    expect(lend(950_000).buffer).not.toBe(chunk.buffer);
  });

  test("is not made for a packet of over 4 MiB, and no more than 16 MiB of large ones wait to be lent", () => {
    expect(loanOf(lend(5_000_000))).toBeUndefined();
    const chunks = Array.from({ length: 10 }, () => lend(3_000_000));
    for (const chunk of chunks) {
      loanOf(chunk)?.hold();
      loanOf(chunk)?.release();
    }
    const again = Array.from({ length: 10 }, () => lend(3_000_000).buffer);
    expect(again.filter((buffer) => chunks.some((chunk) => chunk.buffer === buffer))).toHaveLength(5);
  });

  test("is no other memory, however long", () => {
    expect([loanOf(Buffer.alloc(SIZE)), loanOf(Buffer.alloc(TOO_SHORT_TO_LEND))]).toEqual([undefined, undefined]);
  });
});

describe("the loan that a connection has received", () => {
  const publish = (more: Partial<PublishPacket> = {}): Packet =>
    ({
      type: 3,
      dup: false,
      qos: 0,
      retain: false,
      topic: "t",
      packetId: 0,
      payload: Buffer.alloc(40_000),
      ...more,
    }) as Packet;

  /** A connection that hands on what it receives. */
  function forwarding(messagesSeen: boolean) {
    const around = connectionWith({}, undefined, messagesSeen);
    const { connection } = around;
    connection.version = 5;
    connection.decoder.version = 5;
    const received: ReceivedPublish[] = [];
    const outbound = new Outbound(new ChunkPool());
    around.onReadable = () => {
      for (let packet = connection.next(); packet !== null; packet = connection.next()) {
        if (packet.type !== 3) continue;
        received.push(packet as ReceivedPublish);
        const message = Message.received(packet as ReceivedPublish, "t", "c", 0);
        outbound.appendFrame(message.frame(5, false), 0x30, 0);
      }
    };
    return { ...around, outbound, received };
  }

  /** Has it receive these packets in one chunk, `missing` bytes short, and take what is there. */
  function receiveLent(packets: readonly Packet[], messagesSeen = false, missing = 0) {
    const around = forwarding(messagesSeen);
    const bytes = Buffer.concat(packets.map((packet) => encode(packet, 5)));
    const chunk = lentCopy(bytes.subarray(0, bytes.length - missing));
    around.transport.handler?.onData(chunk);
    return { ...around, chunk, rest: bytes.subarray(chunk.length) };
  }

  /** Has it receive this packet of over 128 KiB as plain sockets read it. */
  function receiveLarge(packet: Packet, messagesSeen = false) {
    const around = forwarding(messagesSeen);
    const bytes = encode(packet, 5);
    for (let at = 0; at < bytes.length; at += LOAN_SIZE) {
      const place = bytes.subarray(at, at + LOAN_SIZE);
      const from = around.connection.fill(place, place.length);
      const rest = place.subarray(from);
      around.transport.handler?.onData(rest.length > TOO_SHORT_TO_LEND ? lentCopy(rest) : Buffer.from(rest));
    }
    return { ...around, chunk: around.received[0]?.source as Buffer };
  }

  test("comes back when its messages have been written", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    expect(cameBack(chunk)).toBe(false);
    outbound.writeTo({ write: () => true });
    expect(cameBack(chunk)).toBe(true);
  });

  test("waits for a peer who has not taken them", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    outbound.writeTo({ write: () => false });
    expect(cameBack(chunk)).toBe(false);
    outbound.releaseUntaken();
    expect(cameBack(chunk)).toBe(true);
  });

  test("comes back from an output that has copied its few bytes", () => {
    for (const copied of [
      (outbound: Outbound): void => outbound.settle(),
      (outbound: Outbound): void => outbound.appendAck(0x40, 1),
    ]) {
      const chunk = lend(SIZE);
      loanOf(chunk)?.hold();
      const outbound = new Outbound(new ChunkPool());
      outbound.append(chunk, 100, 120);
      copied(outbound);
      loanOf(chunk)?.release();
      expect([outbound.bytes >= 20, cameBack(chunk)]).toEqual([true, true]);
    }
  });

  test("comes back though the beginning of one more packet is there, if that is short", () => {
    const { chunk, outbound } = receiveLent([publish(), publish(), publish()], false, 39_000);
    outbound.writeTo({ write: () => true });
    expect(cameBack(chunk)).toBe(true);
  });

  test("comes back when a packet that waited let those behind it be decoded", () => {
    const { connection, transport } = connectionWith();
    connection.version = 5;
    connection.decoder.version = 5;
    const bytes = Buffer.concat([encode(publish(), 5), encode(publish(), 5)]);
    const chunk = lentCopy(bytes);
    connection.busy = true;
    transport.handler?.onData(chunk);
    connection.busy = false;
    while (connection.next() !== null);
    expect(cameBack(chunk)).toBe(true);
  });

  test("does not come back when that peer leaves", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    outbound.writeTo({ write: () => false });
    outbound.clear();
    outbound.releaseUntaken();
    expect(cameBack(chunk)).toBe(false);
  });

  test("waits for the rest of a packet of which it has the beginning", () => {
    const { chunk, outbound, received, rest, transport } = receiveLent([publish(), publish()], false, 10);
    outbound.writeTo({ write: () => true });
    expect([received.length, cameBack(chunk)]).toEqual([1, false]);
    transport.handler?.onData(rest);
    expect([received.length, cameBack(chunk)]).toEqual([2, true]);
  });

  test("does not come back when a part of it was handed over, of which packets have views", () => {
    const { connection, outbound, transport } = forwarding(false);
    const bytes = Buffer.concat([encode(publish(), 5), encode(publish(), 5)]);
    const chunk = lentCopy(bytes);
    connection.busy = true;
    transport.handler?.onData(Buffer.from(bytes));
    transport.handler?.onData(chunk, 0, bytes.length / 2);
    connection.busy = false;
    transport.handler?.onData(Buffer.alloc(0));
    outbound.writeTo({ write: () => false });
    expect(cameBack(chunk)).toBe(false);
  });

  test.each([
    ["a message that is acknowledged", publish({ qos: 1, packetId: 1 })],
    ["a retained message", publish({ retain: true })],
    ["properties", publish({ properties: { correlationData: Buffer.alloc(1) } })],
    ["another packet", { type: 12 } as Packet],
  ])("does not come back with %s in it", (_what, packet) => {
    const { chunk, outbound } = receiveLent([publish(), publish(), packet]);
    outbound.writeTo({ write: () => true });
    expect(cameBack(chunk)).toBe(false);
  });

  describe("for a large packet", () => {
    const payload = Buffer.alloc(900_000, "large");
    const cameBack = (chunk: Buffer): boolean => lend(chunk.length).buffer === chunk.buffer;

    test("comes back when it has been written, with nothing of the reads before", () => {
      const { chunk, connection, outbound, received } = receiveLarge(publish({ payload }));
      expect([received.length, connection.decoder.bufferedBytes, cameBack(chunk)]).toEqual([1, 0, false]);
      const written: Uint8Array[] = [];
      outbound.writeTo({ write: (segments) => written.push(...segments) > 0 });
      expect(Buffer.concat(written).equals(encode(publish({ payload }), 5))).toBe(true);
      expect(cameBack(chunk)).toBe(true);
    });

    test.each([
      ["of a message that is acknowledged", publish({ payload, qos: 1, packetId: 1 }), false],
      ["of a retained message", publish({ payload, retain: true }), false],
      ["that plugins see", publish({ payload }), true],
    ])("does not come back when it is one %s", (_what, packet, seen) => {
      const { chunk, outbound } = receiveLarge(packet, seen);
      outbound.writeTo({ write: () => true });
      expect(cameBack(chunk)).toBe(false);
    });

    test("does not come back when its message is kept, and is that message's own", () => {
      const { chunk, outbound, received } = receiveLarge(publish({ payload }));
      const message = Message.received(received[0] as ReceivedPublish, "t", "c", 0);
      message.detach();
      outbound.writeTo({ write: () => true });
      expect([cameBack(chunk), message.payload.buffer === chunk.buffer]).toEqual([false, true]);
      expect(payload.equals(message.payload)).toBe(true);
    });
  });

  test("does not come back when plugins see messages", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()], true);
    outbound.writeTo({ write: () => true });
    expect(cameBack(chunk)).toBe(false);
  });

  test("does not come back when somebody has looked at a payload, or was given a view of it", () => {
    const looks: ((message: Message) => unknown)[] = [({ payload }) => payload, (message) => message.frame(4, false)];
    for (const look of looks) {
      const { chunk, outbound, received } = receiveLent([publish(), publish()]);
      look(Message.received(received[0] as ReceivedPublish, "t", "c", 0));
      outbound.writeTo({ write: () => true });
      expect(cameBack(chunk)).toBe(false);
    }
  });
});
