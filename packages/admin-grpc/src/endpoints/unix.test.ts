import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startAdmin } from "../testing/admin-broker.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gmqtt-unix-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function ask(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, headers: { host: "anything" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asking.once("error", reject);
    asking.end();
  });
}

test("serves REST and gRPC on Unix sockets, and takes them away at the end", async () => {
  const api = { grpc: [{ address: `unix://${folder}/grpc.sock` }], http: [{ address: `unix://${folder}/http.sock` }] };
  const admin = await startAdmin({ config: { api } });
  expect(await ask(`${folder}/http.sock`, "/v1/clients")).toBe(200);
  const client = new ReflectingClient(`unix:${folder}/grpc.sock`);
  expect((await client.call("gmqtt.admin.api.ClientService/List")).code).toBe(0);
  client.close();
  await admin.stop();
  expect([existsSync(`${folder}/grpc.sock`), existsSync(`${folder}/http.sock`)]).toEqual([false, false]);
});

test("takes over a socket that nobody listens on any more, and no other", async () => {
  const path = join(folder, "http.sock");
  const api = { grpc: [], http: [{ address: `unix://${path}` }] };
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once("listening", resolve));
  await expect(startAdmin({ config: { api } })).rejects.toThrow("EADDRINUSE");
  await new Promise((resolve) => server.close(resolve));

  const { spawnSync } = await import("node:child_process");
  spawnSync(process.execPath, [
    "-e",
    `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`,
  ]);
  expect(existsSync(path)).toBe(true);
  const admin = await startAdmin({ config: { api } });
  expect(await ask(path, "/v1/clients")).toBe(200);
  await admin.stop();
});
