import { createBroker, type Logger } from "@gmqtt/broker";
import { expect, test } from "vitest";
import { createAdminPlugin } from "../index.ts";

test("the level of the log changes live, in the logger and in the configuration in force", async () => {
  const lines: string[] = [];
  const write = (_fields: object, message: string): void => void lines.push(message);
  const logger: Logger = { level: "info", debug: write, info: write, warn: write, error: write };
  const api = { grpc: [], http: [{ address: "tcp://127.0.0.1:0" }] };
  const plugin = createAdminPlugin();
  const broker = createBroker({ config: { listeners: [], api }, plugins: [plugin], logger });
  await broker.start();
  const url = `${plugin.endpoints[0]?.address.replace("tcp", "http")}/v1/log_level`;
  const response = await fetch(url, { method: "PUT", body: JSON.stringify({ level: "debug" }) });
  expect(await response.json()).toEqual({ level: "debug" });
  expect(lines.filter((line) => line === "log level changes")).toHaveLength(1);
  expect([logger.level, broker.config.log.level]).toEqual(["debug", "debug"]);
  expect(await (await fetch(url)).json()).toEqual({ level: "debug" });
  await broker.stop();
});
