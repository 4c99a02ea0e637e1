/** The plugin in virtual time, by its contract and its own cases; the program; and gmqttd, which finds it by its path. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectSocket, describePlugin } from "@gmqtt/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import hello from "./plugin.ts";

describePlugin("hello", hello, {
  describe,
  it,
  config: { greeting: "ahoy %u, dear %u" },
  refuses: [
    { config: { greeting: "" }, path: "greeting" },
    { config: { greeting: 7 }, path: "greeting" },
  ],
  cases: {
    "greets a client by its user name, for whoever listens": async ({ broker }) => {
      const listener = await broker.connect();
      await listener.subscribe("hello/sailor-1");
      await broker.connect({ clientId: "sailor-1", username: "sailor" });
      expect(await listener.next("publish")).toMatchObject({ text: "ahoy sailor, dear sailor" });
    },
    "keeps the greeting for the client itself": async ({ broker }) => {
      const client = await broker.connect({ clientId: "me" });
      await client.subscribe("hello/me");
      expect(await client.next("publish")).toMatchObject({ text: "ahoy stranger, dear stranger", retain: true });
    },
  },
});

describe("the hello plugin", () => {
  it("runs in a program", async () => {
    process.env.ADDRESS = "127.0.0.1:0";
    const { broker } = await import("./main.ts");
    onTestFinished(() => broker.stop());
    expect(await greeting(broker.listeners[0]?.port)).toBe("good morning gardener");
  });

  it("runs in gmqttd", async () => {
    const gmqttd = fileURLToPath(new URL("../../../apps/gmqttd/dist/main.js", import.meta.url));
    const config = fileURLToPath(new URL("../gmqttd.yml", import.meta.url));
    expect(existsSync(gmqttd), "gmqttd has to be built, as npm test does").toBe(true);
    const free = ["--set", "listeners.0.address=127.0.0.1:0", "--log-format", "json"];
    const child = spawn(process.execPath, [gmqttd, "start", "-c", config, ...free]);
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const said: string[] = [];
    child.stderr.on("data", (chunk) => said.push(String(chunk)));
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      const port = /listening.*127\.0\.0\.1:(\d+)|127\.0\.0\.1:(\d+).*listening/.exec(line);
      if (port === null) continue;
      expect(await greeting(Number(port[1] ?? port[2]))).toBe("good evening gardener");
      return;
    }
    expect.fail(`gmqttd did not listen: ${said.join("\n")}`);
  });
});

async function greeting(port: number | undefined): Promise<string> {
  const client = await connectSocket(`mqtt://127.0.0.1:${port}`, { clientId: "g", username: "gardener" });
  onTestFinished(() => client.drop());
  await client.subscribe("hello/g");
  return (await client.next("publish")).text;
}
