/** The embedded broker from outside: pages and MQTT on one port. */

import type { AddressInfo } from "node:net";
import { connectSocket, type TestClient } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

let program: typeof import("./main.ts");
let host: string;

beforeAll(async () => {
  process.env.PORT = "0";
  program = await import("./main.ts");
  host = `127.0.0.1:${(program.server.address() as AddressInfo).port}`;
});

async function client(): Promise<TestClient> {
  const connected = await connectSocket(`ws://${host}/mqtt`, { keepAlive: 60 });
  onTestFinished(() => connected.drop());
  return connected;
}

describe("a broker inside an HTTP server", () => {
  it("serves pages and MQTT on one port", async () => {
    const gardener = await client();
    await gardener.subscribe("bed/#");
    await gardener.publish("bed/7", "21.4", { qos: 1 });
    expect(await gardener.next("publish")).toMatchObject({ topic: "bed/7", text: "21.4" });
    const page = await (await fetch(`http://${host}/`)).json();
    expect(page).toEqual({ clients: 1, latest: { "bed/7": "21.4" } });
  });

  it("publishes what a page asks for, retained", async () => {
    const gardener = await client();
    await gardener.subscribe("hall/door");
    const answer = await fetch(`http://${host}/hall/door`, { method: "POST" });
    expect(await answer.text()).toBe("handed to 1\n");
    expect(await gardener.next("publish")).toMatchObject({ text: "from a page", retain: false });
    const late = await client();
    await late.subscribe("hall/door");
    expect(await late.next("publish")).toMatchObject({ text: "from a page", retain: true });
  });

  it("says no to a topic that is none", async () => {
    const answer = await fetch(`http://${host}/hall/%23`, { method: "POST" });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/topic/);
  });

  it("takes no upgrade on other paths", async () => {
    await expect(connectSocket(`ws://${host}/chat`)).rejects.toThrow("404");
  });
});

afterAll(async () => {
  const last = await connectSocket(`ws://${host}/mqtt`);
  await program.stop();
  await last.disconnected(0x8b);
});
