/** One life of a few clients in which every hook is called, and what of it reached the clients. */

import { AssertionError } from "node:assert";
import type { Hooks, HookWrapper } from "@gmqtt/broker";
import type { TestBroker } from "@gmqtt/testing";

/** All hooks, in the order of their declaration. */
export const HOOK_NAMES = [
  "onAccept",
  "onStop",
  "onBasicAuth",
  "onEnhancedAuth",
  "onReAuth",
  "onConnected",
  "onSessionCreated",
  "onSessionResumed",
  "onSessionTerminated",
  "onSubscribe",
  "onSubscribed",
  "onUnsubscribe",
  "onUnsubscribed",
  "onMsgArrived",
  "onDelivered",
  "onMsgDropped",
  "onWillPublish",
  "onWillPublished",
  "onClosed",
] as const satisfies readonly (keyof Hooks)[];

/** Hooks that only hear what happened. */
export const NOTIFICATIONS: readonly (keyof Hooks)[] = [
  "onConnected",
  "onSessionCreated",
  "onSessionResumed",
  "onSessionTerminated",
  "onSubscribed",
  "onUnsubscribed",
  "onDelivered",
  "onMsgDropped",
  "onWillPublished",
  "onClosed",
];

/** Any hook, as long as nobody looks at what it is given. */
export type AnyHook = (...input: unknown[]) => unknown;

/** Wraps one hook by its name, whatever its signature is. */
export function wrap(name: keyof Hooks, wrapper: (next: AnyHook) => AnyHook): HookWrapper {
  return { [name]: wrapper } as unknown as HookWrapper;
}

/** Answers what an enhanced authentication asks, so that there is one. */
export const yes: HookWrapper = {
  onEnhancedAuth: () => () => ({ continue: false }),
  onReAuth: () => () => ({ continue: false }),
};

const method = { authenticationMethod: "ANY" };
const session = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };

/** Connects, authenticates anew, subscribes, publishes, drops, resumes, dies, ends: fails when anything does not work. */
export async function live(broker: TestBroker): Promise<void> {
  const watcher = await broker.connect({ clientId: "watcher", properties: { maximumPacketSize: 200 } });
  await watcher.subscribe({ filter: "a/#", qos: 1 });
  const prover = await broker.connect({ clientId: "prover", properties: method });
  prover.send("auth", { reasonCode: 0x19, properties: method });
  await prover.next("auth");
  await prover.publish("a/b", "text", { qos: 1 });
  expectText(await watcher.next("publish"), "text");
  await prover.publish("a/b", "x".repeat(1_000), { qos: 1 });
  await watcher.nothing();
  await watcher.unsubscribe("a/#");
  await watcher.subscribe("will");
  const first = await broker.connect({ clientId: "mortal", ...session });
  await first.drop();
  const second = await broker.connect({ clientId: "mortal", ...session, will: { topic: "will", payload: "gone" } });
  await second.drop();
  expectText(await watcher.next("publish"), "gone");
  await broker.advance(61_000);
  for (const client of [watcher, prover]) await client.disconnect();
  await broker.stop();
}

function expectText({ text }: { readonly text: string }, expected: string): void {
  if (text !== expected) throw new AssertionError({ message: `expected ${expected}, but came ${text}` });
}
