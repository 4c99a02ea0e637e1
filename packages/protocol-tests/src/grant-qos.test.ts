/** `request.grantQoS` of `onSubscribe`, asked for by several plugins. */

import type { Plugin, QoS } from "@gmqtt/broker";
import { createTestBroker } from "@gmqtt/testing";
import { expect, onTestFinished, test } from "vitest";

function granting(name: string, qos: QoS): Plugin {
  return {
    name,
    load: () => {},
    unload: () => {},
    hookWrapper: () => ({
      onSubscribe: (next) => (client, request) => {
        for (const filter of request.subscriptions.keys()) request.grantQoS(filter, qos);
        return next(client, request);
      },
    }),
  };
}

test.each([
  [0, 2],
  [2, 0],
] as const)("the lowest QoS that plugins grant holds: %i, then %i", async (first, second) => {
  const broker = await createTestBroker({ plugins: [granting("first", first), granting("second", second)] });
  onTestFinished(() => broker.stop());
  const client = await broker.connect();
  expect(await client.subscribe({ filter: "a", qos: 2 })).toMatchObject({ reasonCodes: [0] });
});
