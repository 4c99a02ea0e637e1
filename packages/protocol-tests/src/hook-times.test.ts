/** How long plugins take for hooks, as `statsManager.observeHooks` hears it. */

import { type HookWrapper, MqttError, type Plugin, ReasonCode } from "@gmqtt/broker";
import { createTestBroker } from "@gmqtt/testing";
import { expect, it, onTestFinished } from "vitest";

/** Starts a broker with a plugin of these hooks; answers who was heard of. */
async function observed(wrapper: HookWrapper) {
  const plugin: Plugin = { name: "p", load: () => {}, unload: () => {}, hookWrapper: () => wrapper };
  const broker = await createTestBroker({ plugins: [plugin], patience: 20, config: { sys: { interval: 0 } } });
  onTestFinished(() => broker.stop());
  const heard: string[] = [];
  broker.server.statsManager.observeHooks((name, hook, milliseconds) => heard.push(`${name} ${hook} ${milliseconds}`));
  return { broker, heard };
}

const refusal = new MqttError(ReasonCode.NotAuthorized);

it.each([
  ["returns", () => undefined],
  ["returns a refusal", () => refusal],
  ["throws a refusal", () => Promise.reject(refusal)],
  ["throws a refusal at once", () => raise(refusal)],
  ["throws something else at once", () => raise(new TypeError("no such table"))],
])("a hook that %s is heard of once", async (_how, hook) => {
  const { broker, heard } = await observed({ onBasicAuth: () => hook as never });
  const client = broker.open();
  client.sendConnect();
  await broker.idle();
  expect(heard).toEqual(["p onBasicAuth 0"]);
});

function raise(error: unknown): never {
  throw error;
}
