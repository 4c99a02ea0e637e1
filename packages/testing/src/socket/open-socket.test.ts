import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, createBroker } from "@gmqtt/broker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectSocket, openSocket } from "./open-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "gmqtt-socket-"));
const tls = { cert: "server.crt", key: "server.key" };
let broker: Broker;
let ca: Buffer;

/** The address of the broker's listener at that place in its configuration. */
function address(index: number, scheme: string): string {
  return scheme === "unix"
    ? `unix://${join(folder, "mqtt.sock")}`
    : `${scheme}://localhost:${broker.listeners[index]?.port}`;
}

beforeAll(async () => {
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-keyout", join(folder, "server.key"), "-out", join(folder, "server.crt")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", ...names, ...files],
    { stdio: "ignore" },
  );
  ca = readFileSync(join(folder, "server.crt"));
  const listeners = [
    { address: "localhost:0" },
    { address: `unix://${join(folder, "mqtt.sock")}` },
    { address: "localhost:0", websocket: { path: "/" } },
    { address: "localhost:0", tls },
    { address: "localhost:0", tls, websocket: { path: "/" } },
  ];
  broker = createBroker({ config: { listeners }, baseDirectory: folder });
  await broker.start();
});

afterAll(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true });
});

describe.each([
  [0, "mqtt"],
  [1, "unix"],
  [2, "ws"],
  [3, "mqtts"],
  [4, "wss"],
] as const)("a scripted client over listener %s, %s:", (index, scheme) => {
  it("does what one in memory does", async () => {
    const options = { tls: { ca }, timeout: 20_000 };
    const client = await connectSocket(address(index, scheme), options);
    await client.subscribe({ filter: `by/${scheme}`, qos: 2 });
    await client.publish(`by/${scheme}`, "text", { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ text: "text", qos: 2 });
    await client.nothing();
    await client.disconnect();
    const wrong = await connectSocket(address(index, scheme), options);
    wrong.sendBytes("00 00");
    await wrong.disconnected(0x81);
    const lost = await connectSocket(address(index, scheme), options);
    await lost.drop();
    expect(lost.ended).toBe(true);
  });
});

describe("a scripted client over a socket", () => {
  it("stops reading when frozen, and reads on when thawed", async () => {
    const client = await connectSocket(address(0, "mqtt"));
    client.freeze();
    client.send("pingreq");
    await client.nothing();
    client.thaw();
    await client.next("pingresp");
    await client.drop();
  });

  it("fails when what it expects does not come in time", async () => {
    const client = await connectSocket(address(0, "mqtt"), { timeout: 30 });
    await expect(client.next("publish")).rejects.toThrow("expected publish, but nothing more came");
    await client.drop();
  });

  it("fails to connect where nobody listens, where it is refused, and to addresses it does not know", async () => {
    const server: TcpServer = createServer();
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(openSocket(`mqtt://localhost:${port}`)).rejects.toThrow("ECONNREFUSED");
    await expect(connectSocket(address(0, "mqtt"), { version: 4, clientId: "", cleanStart: false })).rejects.toThrow(
      "expected to be connected, but came connack 0x02",
    );
    await expect(openSocket("http://localhost")).rejects.toThrow("no client for http:");
  });
});
