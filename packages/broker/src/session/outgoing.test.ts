import { describe, expect, test } from "vitest";
import { messageOn, stored } from "../../test/deliveries.ts";
import { HeldStore, RecordingLink, TestServices } from "../../test/session-fixtures.ts";
import type { BrokerConfigInput } from "../config/index.ts";
import { Outgoing } from "./outgoing.ts";
import { Replay } from "./replay.ts";
import { SendResult } from "./session-link.ts";
import { PAGE } from "./stored-tail.ts";

/** What a session sends, with a connection that notes it. */
function outgoingWith(config: BrokerConfigInput = {}, store?: HeldStore) {
  const services = new TestServices(config, store);
  const outgoing = new Outgoing("c", services);
  outgoing.persistent = services.journal.durable;
  const link = new RecordingLink();
  const deliver = (topic: string, qos: 0 | 1 | 2 = 1, sharedFilter?: string, expiry?: number): void => {
    const properties = expiry === undefined ? undefined : { messageExpiryInterval: expiry };
    const message = messageOn(topic, { qos, now: services.clock.now(), ...(properties && { properties }) });
    outgoing.deliver(message, 2, false, undefined, sharedFilter);
  };
  return { deliver, link, outgoing, services };
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("what a connected session is sent", () => {
  test("goes out at once while the window has room, and in order behind it [MQTT-4.6.0-1] [MQTT-3.3.4-9]", () => {
    const { deliver, link, outgoing, services } = outgoingWith();
    link.window = 2;
    outgoing.attach(link);
    for (const topic of ["a", "b", "c", "d"]) deliver(topic);
    expect(link.sent).toEqual(["a qos1 #1", "b qos1 #2"]);
    expect([outgoing.inflightLength, outgoing.queueLength, outgoing.hasRoom]).toEqual([2, 2, false]);
    expect(outgoing.puback(2)).toBe(true);
    expect(link.sent.slice(2)).toEqual(["c qos1 #3"]);
    outgoing.puback(1);
    outgoing.puback(3);
    outgoing.puback(4);
    expect([outgoing.hasRoom, services.population.inflight, services.population.queued]).toEqual([true, 0, 0]);
  });

  test("does not get stuck, nor is overtaken, when somebody asks for room while others give way to it [MQTT-4.6.0-1]", () => {
    const { deliver, link, outgoing, services } = outgoingWith({ mqtt: { maxQueuedMessages: 2 } });
    link.window = 1;
    outgoing.attach(link);
    for (const topic of ["a", "b"]) deliver(topic);
    services.dropped = () => expect(outgoing.hasRoom).toBe(false);
    deliver("c");
    outgoing.puback(1);
    deliver("d");
    expect([link.sent, outgoing.queueLength]).toEqual([["a qos1 #1", "c qos1 #2"], 1]);
  });

  test("at QoS 0 does not wait for the window, but does not overtake QoS 0 that waits", () => {
    const { deliver, link, outgoing } = outgoingWith();
    deliver("offline", 0);
    deliver("first", 1);
    link.window = 0;
    link.writable = false;
    outgoing.attach(link);
    deliver("live", 0);
    expect(link.sent).toEqual([]);
    link.writable = true;
    outgoing.pump();
    expect(link.sent).toEqual(["offline qos0"]);
    link.window = 1;
    outgoing.pump();
    expect(link.sent).toEqual(["offline qos0", "first qos1 #1", "live qos0"]);
    deliver("free", 0);
    expect(link.sent.at(-1)).toBe("free qos0");
  });

  test("is dropped when it is too large for the client [MQTT-3.1.2-25], or at QoS 0 when the client does not read", () => {
    const { deliver, link, outgoing, services } = outgoingWith();
    outgoing.attach(link);
    link.result = SendResult.TooLarge;
    deliver("large", 1);
    deliver("large", 0);
    link.result = SendResult.Blocked;
    deliver("slow", 0);
    expect(services.drops).toEqual(["large packet_too_large", "large packet_too_large", "slow slow_consumer"]);
    expect([outgoing.inflightLength, services.population.inflight]).toEqual([0, 0]);
  });

  test("is dropped when it expired while it waited [MQTT-3.3.2-5]", () => {
    const { deliver, link, outgoing, services } = outgoingWith();
    deliver("short", 1, undefined, 10);
    deliver("long", 1, undefined, 100);
    services.clock.advance(10_000);
    outgoing.attach(link);
    expect([link.sent, services.drops]).toEqual([["long qos1 #1"], ["short expired"]]);
  });

  test("is not sent twice when sending has the client acknowledge at once", () => {
    const { deliver, link, outgoing } = outgoingWith();
    for (const topic of ["a", "b", "c"]) deliver(topic);
    link.window = 1;
    let id = 0;
    link.onSend = () => outgoing.puback(++id);
    outgoing.attach(link);
    expect(link.sent).toEqual(["a qos1 #1", "b qos1 #2", "c qos1 #3"]);
  });
});

describe("acknowledgements", () => {
  test("a QoS 2 exchange goes PUBREC, PUBREL, PUBCOMP [MQTT-4.3.3-4] [MQTT-4.3.3-5]", () => {
    const { deliver, link, outgoing } = outgoingWith();
    outgoing.attach(link);
    deliver("a", 2);
    expect([outgoing.puback(1), outgoing.pubcomp(1), outgoing.qosOf(1)]).toEqual([false, false, 2]);
    expect([outgoing.pubrec(1), outgoing.pubrec(1)]).toEqual([true, true]);
    expect([outgoing.puback(1), outgoing.pubcomp(1), outgoing.qosOf(1)]).toEqual([false, true, undefined]);
    expect(link.sent).toEqual(["a qos2 #1", "pubrel #1", "pubrel #1"]);
  });

  test("a PUBREC with an error frees the identifier [MQTT-4.3.3-4]", () => {
    const { deliver, link, outgoing } = outgoingWith();
    outgoing.attach(link);
    deliver("a", 2);
    deliver("b", 1);
    expect([outgoing.refuse(2), outgoing.refuse(1), outgoing.inflightLength]).toEqual([false, true, 1]);
  });

  test("of identifiers that nothing waits for, or of the other QoS, are told apart", () => {
    const { deliver, link, outgoing } = outgoingWith();
    outgoing.attach(link);
    deliver("a", 1);
    expect([outgoing.pubrec(1), outgoing.puback(9), outgoing.pubrec(9), outgoing.pubcomp(9)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("a session whose client comes back", () => {
  test("sends again what was unacknowledged, with DUP and in the old order, then the rest [MQTT-4.4.0-1]", () => {
    const { deliver, link, outgoing } = outgoingWith();
    outgoing.attach(link);
    deliver("a", 1);
    deliver("b", 2);
    deliver("c", 2);
    outgoing.pubrec(2);
    outgoing.detach(true);
    deliver("d", 1);
    const again = new RecordingLink();
    outgoing.attach(again);
    expect(again.sent).toEqual(["a qos1 #1 dup", "pubrel #2", "c qos2 #3 dup", "d qos1 #4"]);
  });

  test("sends again no more at a time than the client's new Receive Maximum [MQTT-3.3.4-9]", () => {
    const { deliver, link, outgoing } = outgoingWith();
    outgoing.attach(link);
    for (const topic of ["a", "b", "c"]) deliver(topic);
    outgoing.detach(true);
    const again = new RecordingLink();
    again.window = 1;
    outgoing.attach(again);
    deliver("d");
    expect(again.sent).toEqual(["a qos1 #1 dup"]);
    // Acknowledged before it was sent again: late, but not wrong.
    expect(outgoing.puback(2)).toBe(true);
    outgoing.puback(1);
    outgoing.puback(3);
    expect(again.sent).toEqual(["a qos1 #1 dup", "c qos1 #3 dup", "d qos1 #4"]);
  });

  test("ends a QoS 1 message that expired, but completes a QoS 2 exchange [MQTT-4.3.3-7]", () => {
    const { deliver, link, outgoing, services } = outgoingWith();
    outgoing.attach(link);
    deliver("one", 1, undefined, 5);
    deliver("two", 2, undefined, 5);
    outgoing.detach(true);
    services.clock.advance(5_000);
    const again = new RecordingLink();
    outgoing.attach(again);
    expect([again.sent, services.drops]).toEqual([["two qos2 #2 dup"], ["one inflight_expired"]]);
  });

  test("gives up what is too large for the new connection", () => {
    const { deliver, link, outgoing, services } = outgoingWith();
    outgoing.attach(link);
    deliver("a");
    outgoing.detach(true);
    const again = new RecordingLink();
    again.result = SendResult.TooLarge;
    outgoing.attach(again);
    expect([services.drops, outgoing.inflightLength]).toEqual([["a packet_too_large"], 0]);
  });
});

describe("a session whose client is away", () => {
  test("keeps QoS 0 only where it is configured so", () => {
    const keeping = outgoingWith();
    keeping.deliver("a", 0);
    const dropping = outgoingWith({ mqtt: { queueQos0Messages: false } });
    dropping.deliver("a", 0);
    expect([keeping.outgoing.queueLength, dropping.outgoing.queueLength]).toEqual([1, 0]);
  });

  test("keeps a subscription's retained messages that were not sent yet, if it goes on, QoS 0 left out", () => {
    const { link, outgoing } = outgoingWith();
    link.window = 1;
    outgoing.attach(link);
    const messages = new Map([
      ["a", messageOn("a")],
      ["b", messageOn("b")],
      ["c", messageOn("c", { qos: 0 })],
    ]);
    outgoing.replay(new Replay(3, (index) => [...messages.values()][index], 1, undefined));
    expect([link.sent, outgoing.hasRoom]).toEqual([["a qos1 #1 retain"], false]);
    outgoing.detach(true);
    expect(outgoing.queueLength).toBe(1);
    const ending = outgoingWith();
    ending.link.writable = false;
    ending.outgoing.attach(ending.link);
    ending.outgoing.replay(new Replay(1, () => messages.get("a"), 1, undefined));
    ending.outgoing.detach(false);
    expect(ending.outgoing.queueLength).toBe(0);
  });
});

describe("retained messages of a subscription", () => {
  test("come behind what waits, as fast as they are acknowledged", () => {
    const { deliver, link, outgoing } = outgoingWith();
    link.window = 1;
    outgoing.attach(link);
    deliver("live");
    deliver("waits");
    const messageAt = (index: number) => messageOn(`r${index + 1}`, { retain: true });
    outgoing.replay(new Replay(2, messageAt, 1, undefined));
    for (const id of [1, 2, 3, 4]) outgoing.puback(id);
    expect(link.sent).toEqual(["live qos1 #1", "waits qos1 #2", "r1 qos1 #3 retain", "r2 qos1 #4 retain"]);
  });

  test("go out at once when they are few", () => {
    const { link, outgoing } = outgoingWith();
    outgoing.attach(link);
    outgoing.replay(new Replay(1, () => messageOn("t"), 0, undefined));
    expect(link.sent).toEqual(["t qos0 retain"]);
  });

  test("by the thousand let others have their turn", async () => {
    const { link, outgoing } = outgoingWith();
    outgoing.attach(link);
    outgoing.replay(new Replay(1500, (index) => messageOn(`t${index}`), 0, undefined));
    // They were found in this turn, which is enough for it.
    expect(link.sent).toEqual([]);
    await turnEnds();
    expect(link.sent).toHaveLength(1000);
    await turnEnds();
    expect(link.sent).toHaveLength(1500);
    expect(link.sent[0]).toBe("t0 qos0 retain");
  });
});

describe("a full queue", () => {
  const small = { mqtt: { maxQueuedMessages: 3, inflightExpiry: "1s" } } as const;

  test("drops what has expired, else the oldest QoS 0, else the oldest", () => {
    const { deliver, outgoing, services } = outgoingWith(small);
    deliver("expires", 1, undefined, 5);
    deliver("qos0", 0);
    deliver("old", 1);
    services.clock.advance(5_000);
    for (const topic of ["n1", "n2", "n3"]) deliver(topic);
    expect(services.drops).toEqual(["expires expired", "qos0 queue_full", "old queue_full"]);
    expect([outgoing.queueLength, services.population.queued]).toEqual([3, 3]);
    expect(services.population.limitsHit.get("mqtt.max_queued_messages")).toBe(3);
  });

  test("drops a message first that was sent long ago and is not acknowledged; its late PUBACK is no error", () => {
    const { deliver, link, outgoing, services } = outgoingWith(small);
    link.window = 1;
    outgoing.attach(link);
    for (const topic of ["sent", "w1", "w2"]) deliver(topic);
    services.clock.advance(1_000);
    deliver("new");
    expect([services.drops, outgoing.inflightLength]).toEqual([["sent inflight_expired"], 0]);
    // The client may still hold it: the window is not open before it says otherwise.
    expect(link.sent).toEqual(["sent qos1 #1"]);
    expect(outgoing.puback(1)).toBe(true);
    expect(link.sent).toEqual(["sent qos1 #1", "w1 qos1 #2"]);
  });

  test("drops the arriving message when nothing else may go", () => {
    const { deliver, link, outgoing, services } = outgoingWith({ mqtt: { maxQueuedMessages: 1, inflightExpiry: 0 } });
    link.window = 1;
    outgoing.attach(link);
    deliver("sent");
    services.clock.advance(100_000);
    deliver("late");
    expect([services.drops, outgoing.queueLength]).toEqual([["late queue_full"], 0]);
  });

  test("by bytes makes as much room as the arriving message needs, and takes none that can't fit", () => {
    const { outgoing, services } = outgoingWith({ limits: { maxQueuedBytes: 100 } });
    const deliver = (topic: string, size: number): void =>
      outgoing.deliver(messageOn(topic, { payload: Buffer.alloc(size) }), 1, false, undefined, undefined);
    for (const topic of ["a", "b", "c"]) deliver(topic, 29);
    deliver("d", 59);
    expect(services.drops).toEqual(["a queue_full", "b queue_full"]);
    deliver("e", 100);
    expect(services.drops.slice(2)).toEqual(["e queue_full"]);
    expect([outgoing.queueLength, services.population.limitsHit.get("limits.max_queued_bytes")]).toEqual([2, 3]);
  });
});

describe("with a durable store", () => {
  test("tells it of every step, the message itself only once", () => {
    const { deliver, link, outgoing, services } = outgoingWith({}, new HeldStore());
    deliver("queued", 2);
    outgoing.attach(link);
    outgoing.pubrec(1);
    outgoing.pubcomp(1);
    deliver("live", 1);
    outgoing.puback(2);
    expect(services.changes).toEqual(["put 1", "published 1", "released 1", "delete 1", "put 2", "delete 2"]);
  });

  test("says nothing for a session that ends with its connection", () => {
    const { deliver, link, outgoing, services } = outgoingWith({}, new HeldStore());
    outgoing.persistent = false;
    outgoing.attach(link);
    deliver("a", 2);
    outgoing.pubrec(1);
    outgoing.pubcomp(1);
    expect([services.changes, outgoing.persistent]).toEqual([[], false]);
  });

  test("keeps a page of an offline session in memory and the rest in the store, and sends all in order", () => {
    const { deliver, link, outgoing, services } = outgoingWith({}, new HeldStore());
    const topics = Array.from({ length: PAGE + 44 }, (_, index) => `t${index}`);
    for (const topic of topics) deliver(topic);
    expect([outgoing.queueLength, outgoing.toMemory().onlyStored]).toEqual([PAGE + 44, 44]);
    link.window = 65535;
    outgoing.attach(link);
    expect(link.sent).toEqual(topics.map((topic, index) => `${topic} qos1 #${index + 1}`));
    expect([services.population.queued, services.population.inflight]).toEqual([0, PAGE + 44]);
  });

  test("after a start takes up what was sent and what waits", () => {
    const store = new HeldStore();
    store.stored = [
      stored(1, { state: "published", packetId: 7 }),
      stored(2, { state: "released", packetId: 8, qos: 2 }),
      stored(3),
    ];
    const { deliver, link, outgoing, services } = outgoingWith({}, store);
    outgoing.restoreFrom(3, 3);
    expect([outgoing.queueLength, services.population.queued]).toEqual([3, 3]);
    outgoing.attach(link);
    deliver("live");
    expect(link.sent).toEqual(["t1 qos1 #7 dup", "pubrel #8", "t3 qos1 #9", "live qos1 #10"]);
    expect([services.population.queued, services.population.inflight]).toEqual([0, 4]);
  });

  test("a page that arrives while nobody is connected waits", async () => {
    const store = new HeldStore();
    store.stored = [stored(1, { state: "published", packetId: 7 }), stored(2)];
    store.holdsReads = true;
    const { link, outgoing } = outgoingWith({}, store);
    outgoing.restoreFrom(2, 2);
    outgoing.attach(link);
    outgoing.detach(true);
    await store.answer();
    expect([link.sent, outgoing.inflightLength, outgoing.queueLength]).toEqual([[], 1, 1]);
    const again = new RecordingLink();
    outgoing.attach(again);
    expect(again.sent).toEqual(["t1 qos1 #7 dup", "t2 qos1 #8"]);
  });

  test("a queue that is full in the store drops its oldest as soon as it is read", async () => {
    const store = new HeldStore();
    store.stored = [1, 2, 3].map((sequence) => stored(sequence));
    store.holdsReads = true;
    const { deliver, outgoing, services } = outgoingWith({ mqtt: { maxQueuedMessages: 3 } }, store);
    outgoing.restoreFrom(3, 3);
    deliver("new");
    expect(services.drops).toEqual([]);
    await store.answer();
    expect([services.drops, outgoing.queueLength]).toEqual([["t1 queue_full"], 3]);
  });

  test("has in memory what a store that lost it needs to know", () => {
    const { deliver, link, outgoing } = outgoingWith({}, new HeldStore());
    link.window = 1;
    outgoing.attach(link);
    for (const topic of ["a", "b"]) deliver(topic);
    const { deliveries, ...rest } = outgoing.toMemory();
    expect(deliveries.map(({ sequence, state }) => `${sequence} ${state}`)).toEqual(["1 published", "2 queued"]);
    expect(rest).toEqual({ readUpTo: 2, onlyStored: 0, lastSequence: 2 });
  });
});

describe("shared subscriptions", () => {
  test("give back what others may finish: all that waits and QoS 1, but no QoS 2 exchange in progress", () => {
    const { deliver, link, outgoing, services } = outgoingWith({}, new HeldStore());
    link.window = 3;
    outgoing.attach(link);
    deliver("q1", 1, "$share/g/t");
    deliver("q2", 2, "$share/g/t");
    deliver("own", 1);
    deliver("waits", 2, "$share/g/t");
    deliver("other", 1, "$share/h/t");
    const taken = outgoing.takeShared(({ sharedFilter }) => sharedFilter === "$share/g/t");
    expect(taken.map(({ message }) => message.topic)).toEqual(["q1", "waits"]);
    expect([outgoing.inflightLength, outgoing.queueLength]).toEqual([2, 1]);
    expect(services.changes.filter((change) => change.startsWith("delete"))).toEqual(["delete 4", "delete 1"]);
  });
});

describe("the end of a session", () => {
  test("leaves nothing behind, in memory or in the counts", () => {
    const { deliver, link, outgoing, services } = outgoingWith({}, new HeldStore());
    link.window = 2;
    outgoing.attach(link);
    for (let index = 0; index < 900; index++) deliver(`t${index}`);
    outgoing.detach(true);
    outgoing.clear();
    expect([outgoing.queueLength, outgoing.inflightLength]).toEqual([0, 0]);
    expect([services.population.queued, services.population.inflight]).toEqual([0, 0]);
  });
});
