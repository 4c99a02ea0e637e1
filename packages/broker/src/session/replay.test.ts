import { expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import { Replay } from "./replay.ts";

test("gives the messages as they are when their turn comes, leaving out what is gone", () => {
  const messages = new Map(["a", "b", "c"].map((topic) => [topic, messageOn(topic)]));
  const replay = new Replay(3, (index) => messages.get("abc"[index] ?? ""), 1, [7]);
  expect(replay.next()?.topic).toBe("a");
  messages.delete("b");
  const newer = messageOn("c", { payload: "newer" });
  messages.set("c", newer);
  expect([replay.next(), replay.next(), replay.next()]).toEqual([newer, undefined, undefined]);
  expect([replay.qos, replay.subscriptionIdentifiers]).toEqual([1, [7]]);
});
