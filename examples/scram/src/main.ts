/** A broker that lets in who proves to know a password, by SCRAM-SHA-256 over MQTT 5.0. Listens on 1883, or `ADDRESS`. */

import { type Broker, createBroker } from "@gmqtt/broker";
import { scramPlugin } from "./plugin.ts";

export const broker: Broker = createBroker({
  config: { listeners: [{ address: process.env.ADDRESS ?? ":1883" }] },
  plugins: [scramPlugin({ passwords: { user: "pencil" } })],
});
await broker.start();
console.log(`listening on ${broker.listeners[0]?.address}, user "user", password "pencil"`);
