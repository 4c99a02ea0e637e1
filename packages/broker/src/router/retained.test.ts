import { topicMatches } from "@gmqtt/packets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import { topicFilter, topicName } from "../../test/subscribers.ts";
import { TimerWheel } from "../timer-wheel.ts";
import { RetainedMessages } from "./retained.ts";

function retainedWith(limits: { messages?: number; bytes?: number } = {}) {
  const clock = new ManualClock();
  const changes: string[] = [];
  const retained = new RetainedMessages({
    now: () => clock.now(),
    wheel: new TimerWheel(clock, (error) => {
      throw error;
    }),
    maxMessages: () => limits.messages ?? 1000,
    maxBytes: () => limits.bytes ?? 100_000,
    onChange: (topic, message) => changes.push(`${topic} ${message === undefined ? "gone" : message.payloadLength}`),
  });
  return { changes, clock, retained };
}

const topicsMatching = (retained: RetainedMessages, filter: string): string[] =>
  retained.matching(filter).map(({ topic }) => topic);

describe("RetainedMessages", () => {
  test("keeps the last message of each topic [MQTT-3.3.1-5]", () => {
    const { changes, retained } = retainedWith();
    retained.apply(messageOn("a", { payload: "one" }));
    retained.apply(messageOn("a", { payload: "second" }));
    retained.apply(messageOn("b", { payload: "x" }));
    expect([retained.count, retained.bytes]).toEqual([2, 7 + 2]);
    expect(Buffer.from(retained.get("a")?.payload ?? "").toString()).toBe("second");
    expect(changes).toEqual(["a 3", "a 6", "b 1"]);
  });

  test("an empty payload removes it and is not kept itself [MQTT-3.3.1-6] [MQTT-3.3.1-7]", () => {
    const { changes, retained } = retainedWith();
    retained.apply(messageOn("a"));
    retained.apply(messageOn("a", { payload: "" }));
    retained.apply(messageOn("never", { payload: "" }));
    expect([retained.count, retained.bytes, retained.get("a"), changes]).toEqual([0, 0, undefined, ["a 1", "a gone"]]);
  });

  test("a filter finds what comparing it with every topic finds, after any coming and going", () => {
    const steps = fc.array(fc.tuple(topicName, fc.constantFrom("", "x", "yy")), { maxLength: 30 });
    fc.assert(
      fc.property(steps, topicFilter, (messages, filter) => {
        const { retained } = retainedWith();
        const kept = new Map<string, string>();
        for (const [topic, payload] of messages) {
          retained.apply(messageOn(topic, { payload }));
          if (payload === "") kept.delete(topic);
          else kept.set(topic, payload);
        }
        const expected = [...kept.keys()].filter((topic) => topicMatches(filter, topic));
        expect(topicsMatching(retained, filter).sort()).toEqual(expected.sort());
        expect([...retained.values()].map(({ topic }) => topic).sort()).toEqual([...kept.keys()].sort());
        const bytes = [...kept].reduce((sum, [topic, payload]) => sum + topic.length + payload.length, 0);
        expect(retained.bytes).toBe(bytes);
      }),
      { numRuns: 200 },
    );
  });

  test("one that expires is gone for subscribers at once, and for everybody a moment later [MQTT-3.3.2-5]", () => {
    const { changes, clock, retained } = retainedWith();
    retained.apply(messageOn("a", { now: clock.now(), properties: { messageExpiryInterval: 10 } }));
    clock.advance(9_999);
    expect(retained.current("a")?.topic).toBe("a");
    clock.advance(1);
    expect(retained.current("a")).toBeUndefined();
    clock.advance(100);
    expect([retained.count, changes]).toEqual([0, ["a 1", "a gone"]]);
  });

  test("a slot gives its topic's message as it is now, whatever has become of the slot", () => {
    const { clock, retained } = retainedWith();
    retained.apply(messageOn("a", { payload: "first" }));
    const [slot] = retained.matching("a");
    if (slot === undefined) throw new Error("no slot");
    const now = () => Buffer.from(retained.currentIn(slot)?.payload ?? "nothing").toString();
    retained.apply(messageOn("a", { payload: "second" }));
    expect(now()).toBe("second");
    retained.remove("a");
    expect(now()).toBe("nothing");
    retained.apply(messageOn("a", { payload: "third" }));
    expect(now()).toBe("third");
    retained.apply(messageOn("a", { now: clock.now(), properties: { messageExpiryInterval: 10 } }));
    clock.advance(10_000);
    expect(now()).toBe("nothing");
  });

  test("one that takes its place does not inherit its expiry", () => {
    const { clock, retained } = retainedWith();
    retained.apply(messageOn("a", { now: clock.now(), properties: { messageExpiryInterval: 10 } }));
    retained.apply(messageOn("a", { now: clock.now() }));
    clock.advance(60_000);
    expect(retained.current("a")?.topic).toBe("a");
  });

  test("knows the limit that a message would break", () => {
    const { retained } = retainedWith({ messages: 2, bytes: 20 });
    retained.apply(messageOn("a", { payload: "123456789" }));
    expect(retained.limitFor(messageOn("b", { payload: "1234567890" }))).toBe("limits.max_retained_bytes");
    expect(retained.limitFor(messageOn("b", { payload: "123456789" }))).toBeUndefined();
    // What it replaces makes room.
    expect(retained.limitFor(messageOn("a", { payload: "1234567890123456789" }))).toBeUndefined();
    expect(retained.limitFor(messageOn("a", { payload: "12345678901234567890" }))).toBe("limits.max_retained_bytes");
    retained.apply(messageOn("b"));
    expect(retained.limitFor(messageOn("c"))).toBe("limits.max_retained_messages");
    expect(retained.limitFor(messageOn("a"))).toBeUndefined();
  });

  test("clear removes all, tells of each, and answers how many there were", () => {
    const { changes, retained } = retainedWith();
    for (const topic of ["a", "b/c"]) retained.set(messageOn(topic));
    expect([retained.clear(), retained.count, retained.bytes, changes]).toEqual([2, 0, 0, ["a gone", "b/c gone"]]);
    expect([retained.remove("a"), retained.matching("#")]).toEqual([false, []]);
  });
});
