/** gmqttd as built, on free ports, with a configuration file of its own. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Brokers, Launched, ProfileName } from "./broker.ts";
import { runProcess } from "./process.ts";

const main = fileURLToPath(new URL("../../../apps/gmqttd/dist/main.js", import.meta.url));
const plugin = fileURLToPath(new URL("./gmqttd-plugin.js", import.meta.url));

/** What each profile adds to the listeners, as YAML. */
const CONFIGURATIONS: Readonly<Record<ProfileName, string>> = {
  default: "sys: {interval: 1s}",
  limited: [
    "mqtt:",
    "  maximum_qos: 1",
    "  retain_available: false",
    "  wildcard_subscription_available: false",
    "  shared_subscription_available: false",
    "  subscription_identifier_available: false",
    "  max_packet_size: 500",
    "  topic_alias_maximum: 0",
    "  server_receive_maximum: 5",
    "  allow_zero_length_clientid: false",
    "  max_keepalive: 3",
    "  max_queued_messages: 10",
    "  max_inflight: 5",
    "  connect_timeout: 1s",
    '  response_information: "answers/"',
    "  outgoing_topic_aliases: false",
    "limits: {max_clientid_length: 30, max_topic_levels: 8}",
  ].join("\n"),
  secured: `plugin_order: [conformance]\nplugins: {conformance: {package: "${plugin}"}}`,
  overlap: "mqtt: {delivery_mode: overlap}",
  redirecting: 'mqtt: {server_reference: "elsewhere:1883"}',
};

/** Our own broker. */
export const gmqttd: Omit<Brokers, "launch"> & { launch(profile: ProfileName): Promise<Launched> } = {
  name: "gmqttd",
  ours: true,
  async launch(profile: ProfileName): Promise<Launched> {
    const folder = mkdtempSync(join(tmpdir(), "gmqtt-conformance-"));
    const config = join(folder, "gmqttd.yml");
    const listeners =
      'listeners: [{address: "127.0.0.1:0", name: tcp}, {address: "127.0.0.1:0", name: web, websocket: {path: "/mqtt"}}]';
    writeFileSync(config, `${listeners}\nlog: {level: info, format: json}\n${CONFIGURATIONS[profile]}\n`);
    const running = runProcess(process.execPath, [main, "start", "-c", config]);
    const started = await running.until(/"listeners":\["tcp 127\.0\.0\.1:(\d+)","websocket 127\.0\.0\.1:(\d+)"\]/);
    return {
      host: "127.0.0.1",
      port: Number(started[1]),
      webSocketPort: Number(started[2]),
      webSocketPath: "/mqtt",
      pid: running.pid,
      log: running.log,
      exitCode: running.exitCode,
      stop: async () => {
        await running.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
