/** Runs the plugin in a program, on 1883 or where `ADDRESS` says; gmqttd runs it too, see gmqttd.yml beside src. */

import { type Broker, createBroker, resolveConfig, silentLogger } from "@gmqtt/broker";
import hello from "./plugin.ts";

const config = resolveConfig({ listeners: [{ address: process.env.ADDRESS ?? ":1883" }] });
const context = { config, baseDirectory: process.cwd(), logger: silentLogger };

export const broker: Broker = createBroker({
  config,
  plugins: [hello.create({ greeting: "good morning %u" }, context)],
});
await broker.start();
console.log(`listening on ${broker.listeners[0]?.address}`);
