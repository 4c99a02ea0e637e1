/** What a plugin lives through in its contract suite: one client of each version that does a bit of everything. */

import { HOOK_NAMES, type Hooks, type HookWrapper, type Plugin } from "@gmqtt/broker";
import type { ProtocolVersion } from "@gmqtt/packets";
import type { ConnectClientOptions, TestBroker } from "../../broker/test-broker.ts";

const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];

/** Connects, subscribes, publishes, unsubscribes and leaves in each version; a will goes out, too. */
export async function exercise(broker: TestBroker, options: ConnectClientOptions): Promise<void> {
  for (const version of VERSIONS) {
    const topic = `describe-plugin/${version}`;
    const client = await broker.connect({ ...options, version, clientId: `describe-plugin-${version}` });
    await client.subscribe([{ filter: topic, qos: 1 }]);
    await client.publish(topic, "message", { qos: 1 });
    await client.unsubscribe(topic);
    await client.disconnect();
    const dying = await broker.connect({
      ...options,
      version,
      clientId: `describe-plugin-${version}`,
      will: { topic },
    });
    await dying.drop();
  }
}

/** Hooks that are called in {@link exercise} when nothing refuses. */
export const EXERCISED: readonly (keyof Hooks)[] = [
  "onAccept",
  "onBasicAuth",
  "onConnected",
  "onSessionCreated",
  "onSessionTerminated",
  "onSubscribe",
  "onSubscribed",
  "onUnsubscribe",
  "onUnsubscribed",
  "onMsgArrived",
  "onDelivered",
  "onWillPublish",
  "onWillPublished",
  "onClosed",
  "onStop",
];

/** A plugin that notes which hooks reached it, and passes everything on. */
export function listeningPlugin(heard: Set<keyof Hooks>): Plugin {
  const wrapper: Record<string, unknown> = {};
  for (const name of HOOK_NAMES) {
    wrapper[name] =
      (next: (...parameters: unknown[]) => unknown) =>
      (...parameters: unknown[]) => {
        heard.add(name);
        return next(...parameters);
      };
  }
  return {
    name: "describe-plugin-listener",
    load: () => {},
    unload: () => {},
    hookWrapper: () => wrapper as HookWrapper,
  };
}
