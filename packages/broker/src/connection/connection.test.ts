import type { Packet } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { connectionWith } from "../../test/connections.ts";
import { messageOn } from "../../test/deliveries.ts";
import { HeldStore } from "../../test/session-fixtures.ts";

const connect: Packet = { type: 1, protocolVersion: 4, cleanStart: true, keepAlive: 0, clientId: "c" } as Packet;
const pingreq: Packet = { type: 12 };
const pingresp: Packet = { type: 13 };
const connack: Packet = { type: 2, sessionPresent: false, reasonCode: 0 };
const disconnect: Packet = { type: 14, reasonCode: 0x8b };

/** A store that keeps every commit pending, with one change recorded. */
function heldConnection() {
  const store = new HeldStore();
  store.holdsCommits = true;
  const around = connectionWith({}, store);
  around.connection.version = 5;
  const record = (): void => around.journal.record({ type: "incoming-put", clientId: "c", packetId: 1 });
  const sent = (): string => {
    around.scheduler.flush();
    return around.transport
      .packets(5)
      .map(({ type }) => type)
      .join(" ");
  };
  return { ...around, record, sent };
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a connection", () => {
  test("hands over packets as they come, counted and shown to who watches", () => {
    const { connection, log, receive, shared } = connectionWith();
    const seen: string[] = [];
    shared.taps.add((_source, direction, { type }) => seen.push(`${direction} ${type}`));
    receive(connect, pingreq);
    expect(log).toEqual(["readable"]);
    expect([connection.next()?.type, connection.next()?.type, connection.next()]).toEqual([1, 12, null]);
    expect([seen, connection.counters.received.packets[12], shared.traffic.received.bytes[12]]).toEqual([
      ["in 1", "in 12"],
      1,
      2,
    ]);
  });

  test("reads a little ahead while a packet waits, then pauses until it is done", () => {
    const { connection, log, transport } = connectionWith();
    connection.busy = true;
    transport.handler?.onData(Buffer.alloc(64 * 1024));
    expect(transport.calls).toEqual([]);
    transport.handler?.onData(Buffer.alloc(1));
    transport.handler?.onData(Buffer.alloc(1));
    expect([transport.calls, log]).toEqual([["pause"], []]);
    connection.busy = false;
    connection.busy = false;
    expect(transport.calls).toEqual(["pause", "resume"]);
  });

  describe("in a turn of the event loop that has lasted long enough", () => {
    /** Others have used the turn up. */
    function late() {
      const around = connectionWith();
      const { budget } = around.scheduler;
      budget.begin(-11);
      budget.end();
      return around;
    }

    test("what is received waits for the next one, and no more than a little is read ahead", async () => {
      const { log, receive, transport } = late();
      receive(connect);
      transport.handler?.onData(Buffer.alloc(64 * 1024));
      expect([log, transport.calls]).toEqual([[], ["pause"]]);
      await turnEnds();
      expect([log, transport.calls]).toEqual([["readable"], ["pause", "resume"]]);
    });

    test("who waits to hear of an end and then for another turn waits once, and is counted once", async () => {
      const around = connectionWith();
      const { connection, receive, scheduler, transport } = around;
      connection.busy = true;
      receive(connect, pingreq, pingreq);
      scheduler.budget.hold();
      transport.handler?.onEnd();
      connection.busy = false;
      connection.next();
      connection.postpone();
      around.onReadable = () => {
        while (connection.next() !== null);
      };
      scheduler.budget.release();
      for (let turn = 0; turn < 3; turn++) await turnEnds();
      const most = 16 * 1024 * 1024;
      expect(scheduler.budget.postpone({ postponedBytes: most, proceed: () => {} })).toBe(true);
    });

    test("an end that waits alone has no bytes, though there were some that waited before", async () => {
      const around = connectionWith();
      const { connection, receive, scheduler, transport } = around;
      around.onReadable = () => {
        while (connection.next() !== null);
      };
      scheduler.budget.hold();
      receive(connect);
      scheduler.budget.release();
      await turnEnds();
      scheduler.budget.hold();
      transport.handler?.onEnd();
      scheduler.budget.release();
      await turnEnds();
      const most = 16 * 1024 * 1024;
      expect(scheduler.budget.postpone({ postponedBytes: most + 1, proceed: () => {} })).toBe(false);
    });

    test("what was received is worked off when the connection is reset", async () => {
      const { log, receive, transport } = late();
      receive(connect);
      transport.handler?.onClose(undefined);
      expect(log).toEqual(["readable", expect.stringContaining("closed")]);
      await turnEnds();
      expect(log).toHaveLength(2);
    });

    test("the end of the peer's direction waits too, behind what was received", async () => {
      const { log, receive, transport } = late();
      receive(connect);
      transport.handler?.onEnd();
      expect(log).toEqual([]);
      await turnEnds();
      expect(log).toEqual(["readable", expect.stringContaining("closed")]);
    });

    test("an end that waits is none when the connection is reset meanwhile", async () => {
      const { log, transport } = late();
      transport.handler?.onEnd();
      transport.handler?.onClose(undefined);
      expect(log).toEqual([expect.stringContaining("closed")]);
      await turnEnds();
      expect(log).toHaveLength(1);
    });

    test("nothing is worked off for a connection that we have ended", async () => {
      const { connection, log, receive } = late();
      receive(connect);
      connection.end();
      await turnEnds();
      expect(log).toEqual([]);
    });
  });

  test("the end of the peer's direction waits in a turn that has had work before: thousands may follow", async () => {
    const { log, receive, scheduler, transport } = connectionWith();
    scheduler.budget.begin(-3);
    scheduler.budget.end();
    receive(connect);
    transport.handler?.onEnd();
    expect(log).toEqual(["readable"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(["readable", expect.stringContaining("closed")]);
  });

  test("a peer that does not read has what waits written when it reads again", () => {
    const { connection, log, scheduler, transport } = connectionWith();
    transport.takes = false;
    connection.send(pingresp);
    scheduler.flush();
    connection.send(pingresp);
    scheduler.flush();
    expect([transport.written.length, connection.output.blocked, connection.unsentBytes]).toEqual([1, true, 4]);
    transport.drain();
    expect([transport.written.length, connection.output.blocked, log]).toEqual([2, false, ["writable"]]);
  });

  test("a peer that takes nothing is given up beyond the limit, once", () => {
    const { connection, log, scheduler, transport } = connectionWith({ maxUnsentBytes: 400_000 });
    transport.takes = false;
    const frame = messageOn("t", { payload: Buffer.alloc(150_000) }).frame(4, false);
    connection.output.sendFrame(frame, 0x30, 0, null);
    scheduler.flush();
    for (let times = 0; times < 4; times++) connection.output.sendFrame(frame, 0x30, 0, null);
    expect(log).toEqual(["overflow"]);
  });

  test("much output is written before the end of the turn", () => {
    const { connection, transport } = connectionWith();
    const frame = messageOn("t", { payload: Buffer.alloc(150_000) }).frame(4, false);
    connection.output.sendFrame(frame, 0x30, 0, null);
    expect(transport.written).toHaveLength(0);
    connection.output.sendFrame(frame, 0x30, 0, null);
    expect(transport.written).toHaveLength(1);
  });

  test("shortens what does not fit, and sends nothing that can't be made to [MQTT-3.1.2-24] [MQTT-3.1.2-29]", () => {
    const { connection, scheduler, transport } = connectionWith();
    connection.version = 5;
    const puback = { type: 4, packetId: 1, reasonCode: 0x87, properties: { reasonString: "x".repeat(50) } } as const;
    connection.limitOutput(20, true);
    expect(connection.send(puback)).toBe(true);
    connection.limitOutput(3, true);
    expect(connection.send(puback)).toBe(false);
    connection.limitOutput(1000, false);
    expect(connection.send(puback)).toBe(true);
    scheduler.flush();
    const lean = { type: 4, packetId: 1, reasonCode: 0x87 };
    for (const packet of transport.packets(5)) {
      expect(packet).toMatchObject(lean);
      expect((packet as typeof puback).properties?.reasonString).toBeUndefined();
    }
    expect(transport.packets(5)).toHaveLength(2);
  });
});

describe("the end of a connection", () => {
  test("comes behind what was sent; the peer has a moment to read it, then is cut off", () => {
    const { clock, connection, receive, log, transport } = connectionWith();
    connection.send(pingresp);
    connection.end();
    connection.end();
    expect([transport.packets(4).length, transport.calls]).toEqual([1, ["end"]]);
    receive(pingreq); // read and thrown away
    expect([log, connection.send(pingresp), connection.ending]).toEqual([[], false, true]);
    connection.sendAck(4, 1);
    connection.output.sendFrame(messageOn("t").frame(4, false), 0x30, 0, null);
    expect(connection.unsentBytes).toBe(0);
    clock.advance(1_900);
    expect(transport.calls).toEqual(["end"]);
    clock.advance(200);
    expect(transport.calls).toEqual(["end", "destroy"]);
  });

  test("a peer that closes while we wait for it to read is done", () => {
    const { connection, log, transport } = connectionWith();
    connection.end();
    transport.handler?.onEnd();
    expect([transport.calls, log]).toEqual([["end", "destroy"], []]);
  });

  test("resumes a paused transport, or its end would never be read", () => {
    const { connection, transport } = connectionWith();
    connection.busy = true;
    transport.handler?.onData(Buffer.alloc(70_000));
    connection.end();
    expect(transport.calls).toEqual(["pause", "end", "resume"]);
  });

  test("by the peer waits for a packet that is being waited for, and for those behind it", async () => {
    const around = connectionWith();
    const { connection, log, receive, transport } = around;
    connection.decoder.version = 4;
    connection.busy = true;
    receive({ type: 12 }, { type: 12 });
    transport.handler?.onEnd();
    connection.busy = false;
    connection.next();
    connection.busy = true; // the one behind it as well
    await turnEnds();
    expect(log).toEqual([]);
    connection.busy = false;
    expect(log).toEqual([]);
    await turnEnds();
    expect(log).toEqual(["closed"]);
  });

  test("by the peer is told once, and leaves no timer", () => {
    const { clock, connection, log, shared, transport } = connectionWith();
    transport.handler?.onEnd();
    transport.handler?.onClose(new Error("reset"));
    transport.handler?.onClose(undefined);
    connection.end();
    connection.busy = false;
    clock.advance(10_000);
    expect([log, transport.calls, shared.wheel.size, connection.closed]).toEqual([
      ["closed", "closed: reset"],
      [],
      0,
      true,
    ]);
  });

  test.each([
    ["tcp", ["destroy"]],
    ["unix", ["destroy"]],
    ["tls", ["end"]],
    ["websocket", ["end"]],
  ] as const)("of a client that leaves is over at once, %s: %s, unless the transport has a farewell", (kind, calls) => {
    const { connection, transport } = connectionWith();
    transport.info = { ...transport.info, kind };
    connection.leave();
    expect(transport.calls).toEqual(calls);
  });

  test("of a client that leaves comes behind what it was still to be sent", () => {
    const { connection, scheduler, transport } = connectionWith();
    transport.info = { ...transport.info, kind: "tcp" };
    connection.send(pingresp);
    connection.leave();
    scheduler.flush();
    expect([transport.calls, transport.packets(4)]).toEqual([["end"], [pingresp]]);
  });

  test("at once loses what was not sent", () => {
    const { connection, scheduler, transport } = connectionWith();
    connection.send(pingresp);
    connection.destroy();
    transport.handler?.onClose(undefined);
    scheduler.flush();
    expect([transport.calls, transport.written, connection.unsentBytes]).toEqual([["destroy"], [], 0]);
  });
});

describe("output that waits for the store", () => {
  test("leaves when what it implies is committed, in order; what implies nothing goes past it [MQTT-4.3.2-4]", async () => {
    const { connection, record, sent, store } = heldConnection();
    record();
    connection.sendAck(4, 1);
    connection.send({ type: 9, packetId: 2, reasonCodes: [0] }, true);
    connection.send(pingresp);
    expect([sent(), connection.output.held, connection.unsentBytes > 0]).toEqual(["13", true, true]);
    await store.answer();
    expect([sent(), connection.output.held]).toEqual(["13 4 9", false]);
    connection.sendAck(4, 1);
    expect(sent()).toBe("13 4 9 4");
  });

  test("behind a CONNACK that waits everything waits [MQTT-3.2.0-1]", async () => {
    const { connection, record, sent, store } = heldConnection();
    record();
    connection.send(connack, true);
    connection.send(pingresp);
    connection.output.sendFrame(messageOn("t").frame(5, false), 0x30, 0, null);
    expect(sent()).toBe("");
    await store.answer();
    expect(sent()).toBe("2 13 3");
    record();
    connection.send(pingresp);
    expect(sent()).toBe("2 13 3 13");
  });

  test("a DISCONNECT comes behind all of it, and the end of the connection behind that [MQTT-3.14.4-1]", async () => {
    const { connection, record, sent, store, transport } = heldConnection();
    record();
    connection.output.sendFrame(messageOn("t").frame(5, true), 0x32, 7, null);
    connection.send(disconnect);
    connection.end();
    expect([sent(), transport.calls]).toEqual(["", []]);
    await store.answer();
    expect([sent(), transport.calls]).toEqual(["3 14", ["end"]]);
  });

  test("is lost with its connection", async () => {
    const { connection, record, sent, store, transport } = heldConnection();
    record();
    connection.sendAck(4, 1);
    sent();
    transport.handler?.onClose(undefined);
    await store.answer();
    expect([sent(), connection.unsentBytes]).toEqual(["", 0]);
  });

  test("waits for its own batch, not for later ones", async () => {
    const { connection, record, sent, store } = heldConnection();
    record();
    connection.sendAck(4, 1);
    sent();
    record();
    connection.sendAck(5, 2);
    expect(sent()).toBe("");
    await store.answer();
    expect([sent(), connection.output.held]).toEqual(["4", true]);
    await store.answer();
    expect([sent(), connection.output.held]).toEqual(["4 5", false]);
  });
});

describe("a message that is timed", () => {
  test("is timed until its bytes are written, one at a time", () => {
    const { clock, connection, scheduler, shared } = connectionWith();
    const times: number[] = [];
    shared.deliveryTimes.observe(1, (milliseconds) => times.push(milliseconds));
    clock.advance(10);
    const frame = messageOn("t").frame(4, false);
    connection.output.sendFrame(frame, 0x30, 0, { arrivedAt: 4 });
    connection.output.sendFrame(frame, 0x30, 0, { arrivedAt: 9 });
    expect(times).toEqual([]);
    scheduler.flush();
    expect(times).toEqual([6]);
  });

  test("that waits for the store is timed until it is out", async () => {
    const { clock, connection, record, sent, shared, store } = heldConnection();
    const times: number[] = [];
    shared.deliveryTimes.observe(1, (milliseconds) => times.push(milliseconds));
    record();
    connection.output.sendFrame(messageOn("t").frame(5, true), 0x32, 7, { arrivedAt: 0 });
    connection.send(pingresp);
    sent();
    clock.advance(30);
    expect(times).toEqual([]);
    await store.answer();
    sent();
    expect(times).toEqual([30]);
  });
});
