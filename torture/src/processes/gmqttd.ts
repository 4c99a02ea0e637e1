/** gmqttd as built, on a port that stays the same over its lives. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asks, freePort } from "./ports.ts";
import { Supervised } from "./supervised.ts";

/** The broker under torture. */
export interface BrokerHost {
  readonly process: Supervised;
  readonly port: number;
}

const main = fileURLToPath(new URL("../../../apps/gmqttd/dist/main.js", import.meta.url));

/** MQTT 3.1.1 CONNECT, clean, without client identifier; and the CONNACK that says yes. */
const CONNECT = "\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00";
const CONNACK = "\x20\x02\x00\x00";

export async function createGmqttd(
  folder: string,
  persistence: string,
  onFault: (what: string) => void,
): Promise<BrokerHost> {
  const port = await freePort();
  const config = join(folder, "gmqttd.yml");
  const lines = [
    `listeners: [{address: "127.0.0.1:${port}"}]`,
    "log: {level: info, format: json}",
    "sys: {interval: 0}",
    "mqtt: {max_queued_messages: 10000000, session_expiry: 24h, message_expiry: 24h, inflight_expiry: 24h}",
    "limits: {connect_rate: 100000, connect_rate_per_address: 100000, max_connections_per_address: 10000, max_queued_bytes: 4000000000}",
    persistence,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  const process_ = new Supervised({
    command: process.execPath,
    args: [main, "start", "-c", config],
    logFile: join(folder, "gmqttd.log"),
    probe: () => asks(port, CONNECT, CONNACK),
    excuse: /persistence \w+ failed: .* can't be used/,
    alarm: /.*this is a bug.*|.*came back empty.*|.*has forgotten commits.*|.*has taken over these keys.*/,
    onFault,
  });
  return { process: process_, port };
}
