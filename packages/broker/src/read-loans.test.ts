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

  /** Has a connection receive these packets in one chunk, `missing` bytes short, and take what is there. */
  function receiveLent(packets: readonly Packet[], messagesSeen = false, missing = 0) {
    const around = connectionWith({}, undefined, messagesSeen);
    const { connection, transport } = around;
    connection.version = 5;
    connection.decoder.version = 5;
    const bytes = Buffer.concat(packets.map((packet) => encode(packet, 5)));
    const chunk = lend(bytes.length - missing);
    chunk.set(bytes.subarray(0, chunk.length));
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
    transport.handler?.onData(chunk);
    return { ...around, chunk, outbound, received, rest: bytes.subarray(chunk.length) };
  }

  test("comes back when its messages have been written", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    expect(cameBack(chunk)).toBe(false);
    outbound.flush({ write: () => true });
    expect(cameBack(chunk)).toBe(true);
  });

  test("waits for a peer who has not taken them", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    outbound.flush({ write: () => false });
    expect(cameBack(chunk)).toBe(false);
    outbound.drained();
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
    outbound.flush({ write: () => true });
    expect(cameBack(chunk)).toBe(true);
  });

  test("comes back when a packet that waited let those behind it be decoded", () => {
    const { connection, transport } = connectionWith();
    connection.version = 5;
    connection.decoder.version = 5;
    const bytes = Buffer.concat([encode(publish(), 5), encode(publish(), 5)]);
    const chunk = lend(bytes.length);
    chunk.set(bytes);
    connection.busy = true;
    transport.handler?.onData(chunk);
    connection.busy = false;
    while (connection.next() !== null);
    expect(cameBack(chunk)).toBe(true);
  });

  test("does not come back when that peer leaves", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()]);
    outbound.flush({ write: () => false });
    outbound.clear();
    outbound.drained();
    expect(cameBack(chunk)).toBe(false);
  });

  test("waits for the rest of a packet of which it has the beginning", () => {
    const { chunk, outbound, received, rest, transport } = receiveLent([publish(), publish()], false, 10);
    outbound.flush({ write: () => true });
    expect([received.length, cameBack(chunk)]).toEqual([1, false]);
    transport.handler?.onData(rest);
    expect([received.length, cameBack(chunk)]).toEqual([2, true]);
  });

  test.each([
    ["a message that is acknowledged", publish({ qos: 1, packetId: 1 })],
    ["a retained message", publish({ retain: true })],
    ["properties", publish({ properties: { correlationData: Buffer.alloc(1) } })],
    ["another packet", { type: 12 } as Packet],
  ])("does not come back with %s in it", (_what, packet) => {
    const { chunk, outbound } = receiveLent([publish(), publish(), packet]);
    outbound.flush({ write: () => true });
    expect(cameBack(chunk)).toBe(false);
  });

  test("does not come back when plugins see messages", () => {
    const { chunk, outbound } = receiveLent([publish(), publish()], true);
    outbound.flush({ write: () => true });
    expect(cameBack(chunk)).toBe(false);
  });

  test("does not come back when somebody has looked at a payload, or was given a view of it", () => {
    const looks: ((message: Message) => unknown)[] = [({ payload }) => payload, (message) => message.frame(4, false)];
    for (const look of looks) {
      const { chunk, outbound, received } = receiveLent([publish(), publish()]);
      look(Message.received(received[0] as ReceivedPublish, "t", "c", 0));
      outbound.flush({ write: () => true });
      expect(cameBack(chunk)).toBe(false);
    }
  });
});
