import { describe, expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import { RecordingSubscriber, subscription } from "../../test/subscribers.ts";
import { SharedGroup } from "./shared-group.ts";

/** A group with a member per name; all are connected and have room. */
function groupOf(...names: string[]) {
  const group = new SharedGroup("$share/g/t");
  const members = names.map((name) => {
    const subscriber = new RecordingSubscriber(name);
    return { subscriber, subscription: subscription(subscriber, "$share/g/t", { qos: 1, retainAsPublished: true }) };
  });
  for (const member of members) group.add(member.subscription);
  const picks = (count: number): string =>
    Array.from({ length: count }, () => group.pick()?.subscriber.clientId ?? "-").join("");
  return { group, members, picks };
}

describe("SharedGroup", () => {
  test("members have their turn one after the other", () => {
    const { picks } = groupOf("a", "b", "c");
    expect(picks(7)).toBe("abcabca");
  });

  test("turns go on where they were when a member comes or goes", () => {
    const { group, members, picks } = groupOf("a", "b", "c");
    expect(picks(2)).toBe("ab");
    group.remove(members[0]!.subscription);
    expect(picks(3)).toBe("cbc");
    group.add(members[0]!.subscription);
    expect([group.size, picks(3)]).toEqual([3, "bca"]);
    group.remove(members[2]!.subscription);
    expect(picks(3)).toBe("bab");
  });

  test("removing who is no member changes nothing", () => {
    const { group, picks } = groupOf("a", "b");
    group.remove(subscription(new RecordingSubscriber("x"), "$share/g/t"));
    expect([group.size, picks(2)]).toEqual([2, "ab"]);
  });

  test("who has room goes first, then who is connected, then who is away", () => {
    const { members, picks } = groupOf("a", "b", "c");
    const [a, b, c] = members.map(({ subscriber }) => subscriber) as [
      RecordingSubscriber,
      RecordingSubscriber,
      RecordingSubscriber,
    ];
    a.connected = false;
    b.hasRoom = false;
    expect(picks(3)).toBe("ccc");
    c.connected = false;
    expect(picks(2)).toBe("bb");
    b.connected = false;
    expect(picks(4)).toBe("cabc");
  });

  test("an empty group, or one without anybody eligible, picks nobody", () => {
    const { group } = groupOf("a", "b");
    expect(group.pick(() => false)).toBeUndefined();
    expect(new SharedGroup("$share/g/t").pick()).toBeUndefined();
    expect(new SharedGroup("$share/g/t").deliver(messageOn("t"), null)).toBe(false);
  });

  test("delivers with the member's options and names the subscription it came through", () => {
    const { group, members } = groupOf("a");
    expect(group.deliver(messageOn("t", { retain: true }), null)).toBe(true);
    expect(members[0]?.subscriber.delivered).toEqual(["t qos1 retain $share/g/t"]);
  });

  test("passes over who could not finish a message", () => {
    const { group, members } = groupOf("a", "b");
    const [a, b] = members.map(({ subscriber }) => subscriber) as [RecordingSubscriber, RecordingSubscriber];
    expect(group.deliver(messageOn("t"), null, a)).toBe(true);
    expect([a.delivered.length, b.delivered.length]).toEqual([0, 1]);
    group.remove(members[1]!.subscription);
    expect(group.deliver(messageOn("t"), null, a)).toBe(false);
  });

  test("a delivery filter decides who may have it, and at which QoS", () => {
    const { group, members } = groupOf("a", "b");
    const filter = (clientId: string) => (clientId === "a" ? undefined : 0);
    for (const _ of [1, 2]) expect(group.deliver(messageOn("t"), filter)).toBe(true);
    expect(members.map(({ subscriber }) => subscriber.delivered.length)).toEqual([0, 2]);
    expect(members[1]?.subscriber.delivered[0]).toBe("t qos0 $share/g/t");
  });
});
