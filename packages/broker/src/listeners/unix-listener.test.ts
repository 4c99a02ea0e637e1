import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { Accepted, openDoor, Recorder, RecordingLogger } from "../../test/listener-fixtures.ts";
import type { ListenerConfig } from "../config/index.ts";
import { openListener } from "./open-listener.ts";
import type { Listener } from "./transport.ts";

const undo: (() => unknown)[] = [];
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gmqtt-unix-"));
  file = join(directory, "mqtt.sock");
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
});

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function open(config: Partial<ListenerConfig> = {}, accepted = new Accepted()): Promise<Listener> {
  const listener = await openListener(
    { address: `unix://${file}`, backlog: 511, ...config },
    {
      baseDirectory: directory,
      accept: accepted.accept,
      door: openDoor,
      logger: new RecordingLogger(),
      maximumPayload: () => 1024,
    },
  );
  undo.push(() => listener.close());
  return listener;
}

function dial(): Socket {
  const socket = connect(file);
  undo.push(() => socket.destroy());
  return socket;
}

/** Leaves a socket file behind that nobody listens on, as a killed broker does. */
async function abandonSocket(): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(file)}, () => console.log(1))`,
  ]);
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("a Unix socket listener", () => {
  it("carries bytes both ways", async () => {
    const accepted = new Accepted();
    const listener = await open({}, accepted);
    expect(listener).toMatchObject({ kind: "unix", address: `unix://${file}`, port: 0, name: `unix://${file}` });
    const client = dial();
    const transport = await accepted.next();
    expect(transport.info).toEqual({
      kind: "unix",
      listener: `unix://${file}`,
      remoteAddress: "",
      remotePort: 0,
      localAddress: "",
      localPort: 0,
    });
    const recorder = new Recorder(transport);
    client.write("hello");
    await recorder.hasText("hello");
    transport.write([Buffer.from("one"), Buffer.from(" two")]);
    transport.end();
    const received: Buffer[] = [];
    client.on("data", (chunk: Buffer) => received.push(chunk));
    await once(client, "end");
    expect(Buffer.concat(received).toString()).toBe("one two");
  });

  it("carries WebSockets, for a reverse proxy on the same machine", async () => {
    const accepted = new Accepted();
    const listener = await open({ websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false } }, accepted);
    expect(listener.kind).toBe("websocket");
    const client = new WebSocket(`ws+unix://${file}:/`, "mqtt");
    undo.push(() => client.terminate());
    await once(client, "open");
    expect((await accepted.next()).info).toMatchObject({ kind: "websocket", remoteAddress: "" });
  });

  it("removes its file when closed", async () => {
    const listener = await open();
    expect(existsSync(file)).toBe(true);
    await listener.close();
    expect(existsSync(file)).toBe(false);
  });

  it("has the mode it is told", async () => {
    await open({ unixMode: "0600" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("finds a relative path from the configuration's folder", async () => {
    const listener = await open({ address: "unix://mqtt.sock", unixMode: "660" });
    expect(listener.address).toBe(`unix://${file}`);
    expect(statSync(file).mode & 0o777).toBe(0o660);
  });

  it("replaces a socket file that nobody listens on", async () => {
    await abandonSocket();
    expect(existsSync(file)).toBe(true);
    const accepted = new Accepted();
    await open({}, accepted);
    dial();
    expect((await accepted.next()).info.kind).toBe("unix");
  });

  it("refuses a socket that somebody listens on, and leaves it to him", async () => {
    const other = createServer().listen(file);
    undo.push(() => other.close());
    await once(other, "listening");
    await expect(open()).rejects.toMatchObject({
      name: "StartError",
      message: `cannot listen on unix://${file}: address already in use (another broker running?)`,
    });
    expect(existsSync(file)).toBe(true);
  });

  it("refuses to replace a file that is no socket", async () => {
    writeFileSync(file, "precious");
    await expect(open()).rejects.toMatchObject({
      message: `cannot listen on unix://${file}: a file that is not a socket stands there`,
    });
    expect(existsSync(file)).toBe(true);
  });

  it("says why a path can't be used", async () => {
    await expect(open({ address: `unix://${directory}/no/mqtt.sock` })).rejects.toMatchObject({
      message: `cannot listen on unix://${directory}/no/mqtt.sock: no such folder: ${directory}/no`,
    });
    writeFileSync(join(directory, "plain"), "");
    await expect(open({ address: "unix://plain/mqtt.sock" })).rejects.toMatchObject({
      message: "cannot listen on unix://plain/mqtt.sock: a part of the path is not a directory",
    });
    const long = `unix:///${"x".repeat(107)}`;
    await expect(open({ address: long })).rejects.toMatchObject({
      message: expect.stringMatching(/: the path has 108 bytes, the system allows 10[37]$/),
    });
  });

  it.each(["rw-rw----", "0999", "17777"])("refuses the mode %j", async (unixMode) => {
    await expect(open({ unixMode })).rejects.toMatchObject({
      message: `cannot listen on unix://${file}: the mode "${unixMode}" is not three octal digits such as 0660`,
    });
  });
});
