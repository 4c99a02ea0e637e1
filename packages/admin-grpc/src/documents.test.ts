/** What the README and docs/admin-api.md say is what happens: commands are run, the table of routes is held against the registry. */

import { exec } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { silentLogger } from "@gmqtt/broker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiRegistry } from "./api/registry.ts";
import { configSchema } from "./config.ts";
import { type AdminBroker, startAdmin } from "./testing/admin-broker.ts";

const run = promisify(exec);
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const page = readFileSync(new URL("../../../docs/admin-api.md", import.meta.url), "utf8");

/** Commands of the README, each with the JSON that stands behind it. */
const examples = [...readme.matchAll(/```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?/gs)].map(([, command = "", json]) => ({
  command: command.trim(),
  json,
}));

let admin: AdminBroker;
beforeAll(async () => {
  admin = await startAdmin({ config: { sys: { interval: 0 } } });
  const kitchen = await admin.broker.connect({ clientId: "kitchen", version: 5 });
  await kitchen.subscribe({ filter: "sensors/#", qos: 1 });
});
afterAll(() => admin.stop());

const here = (command: string): string => command.replaceAll("http://127.0.0.1:8083", admin.url);

test.each(examples.filter(({ json }) => json !== undefined))("$command", async ({ command, json = "" }) => {
  const { stdout } = await run(here(command));
  expect(JSON.parse(stdout)).toEqual(JSON.parse(json));
});

test("the README's trace shows the next packet as an event", async () => {
  const client = await admin.broker.connect({ clientId: "kitchen" });
  const command = examples.find(({ command: candidate }) => candidate.includes("/v1/trace"))?.command ?? "";
  const running = run(here(command));
  const opened = (): boolean => admin.broker.log.some(({ message }) => message === "api stream opened");
  await admin.broker.until(opened, 20_000);
  await client.ping();
  const { stdout } = await running;
  expect(stdout).toMatch(/^: open\n\ndata: \{.*"packet":"pingreq".*\}\n\n$/);
});

test("the README's way to make a token gives one that the configuration takes", async () => {
  const command = examples.find(({ command: candidate }) => candidate.startsWith("TOKEN="))?.command ?? "";
  const { stdout } = await run(command, { shell: "/bin/sh" });
  const [, token, sha256] = /^token: (\S+)\nsha256: (\S+)\n$/.exec(stdout) ?? [];
  const closed = await startAdmin({ section: { tokens: [{ name: "made", sha256, role: "read" }] } });
  expect((await closed.rest("/v1/clients")).status).toBe(401);
  const { status } = await closed.rest("/v1/clients", { headers: { authorization: `Bearer ${token}` } });
  expect(status).toBe(200);
  await closed.stop();
});

test("every command of the README is tried, but for the installation", () => {
  const tried = examples.filter(({ command, json }) => json !== undefined || /\/v1\/trace|^TOKEN=/.test(command));
  expect(examples.filter((example) => !tried.includes(example)).map(({ command }) => command)).toEqual([
    "npm install gmqttd @gmqtt/admin-grpc",
  ]);
  expect(tried.length).toBeGreaterThan(10);
});

test("docs/admin-api.md has every route with its role, and no others", () => {
  const registry = new ApiRegistry(silentLogger);
  admin.broker.server.apiRegistrar.attachHost(registry);
  const served = registry.routes.map(({ method, route }) => {
    return `${method.service.name}.${method.desc.name} ${route.verb} ${route.template.text} ${method.role}`;
  });
  const rows = [...page.matchAll(/^\| (\w+\.\w+) \| (\w+) (\S+) \| (\w+) \|/gm)];
  expect(rows.map(([, name, verb, path, role]) => `${name} ${verb} ${path} ${role}`).sort()).toEqual(served.sort());
});

test("the README names every option with its default", () => {
  const defaults = configSchema.parse({});
  for (const [key, value] of Object.entries(defaults.limits)) {
    expect(readme).toMatch(new RegExp(`\\| \`limits\\.${key}\` \\| ${value} \\|`));
  }
  for (const key of Object.keys((configSchema as unknown as { shape: object }).shape))
    expect(readme).toContain(`\`${key}`);
});
