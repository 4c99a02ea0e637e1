import { once } from "node:events";
import { type RequestOptions, request } from "node:https";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAdmin } from "../testing/admin-broker.ts";
import { type Certificates, makeCertificates } from "../testing/certificates.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

let files: Certificates;
beforeAll(() => {
  files = makeCertificates("alice", "bob");
});
afterAll(() => files.remove());

const address = "tcp://127.0.0.1:0";

function apiWith(tls: object): { grpc: object[]; http: object[] } {
  return { grpc: [{ address, tls }], http: [{ address, tls }] };
}

async function ask(url: string, options: RequestOptions): Promise<{ status: number; json: unknown }> {
  const asking = request(url, { ca: files.read("ca.crt"), ...options });
  asking.end();
  const [response] = await once(asking, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, json: JSON.parse(text) };
}

const as = (name: string): { cert: Buffer; key: Buffer } => ({
  cert: files.read(`${name}.crt`),
  key: files.read(`${name}.key`),
});
const secure = (name?: string): ReturnType<typeof credentials.createSsl> =>
  name === undefined
    ? credentials.createSsl(files.read("ca.crt"))
    : credentials.createSsl(files.read("ca.crt"), as(name).key, as(name).cert);

describe("with tls", () => {
  test("REST and gRPC are served to clients that know the authority", async () => {
    const api = apiWith({ cert: "server.crt", key: "server.key" });
    const admin = await startAdmin({ config: { api } as never, baseDirectory: files.folder });
    const url = admin.url.replace("http:", "https:");
    expect((await ask(`${url}/v1/clients`, {})).status).toBe(200);
    await expect(ask(`${url}/v1/clients`, { ca: files.read("stranger.crt") })).rejects.toThrow("certificate");
    const client = new ReflectingClient(admin.grpc, secure());
    expect((await client.call("gmqtt.admin.api.ClientService/List")).code).toBe(0);
    client.close();
    await admin.stop();
  });

  test.each([
    [{ cert: "none.crt", key: "server.key" }, "api.grpc.0.tls.cert: cannot read none.crt: ENOENT"],
    [{ cert: "server.crt", key: "server.key", verify: true }, "api.grpc.0.tls.cacert: is needed with verify: true"],
    [{ cert: "server.crt" }, "api.grpc.0.tls.key"],
    [{ cert: "server.crt", key: "server.key", certs: 1 }, "api.grpc.0.tls"],
  ])("a section %j is refused with the key that is wrong", async (tls, message) => {
    await expect(startAdmin({ config: { api: apiWith(tls) } as never, baseDirectory: files.folder })).rejects.toThrow(
      message,
    );
  });
});

describe("with mutual tls", () => {
  const tls = { cacert: "ca.crt", cert: "server.crt", key: "server.key", verify: true };

  test("a verified certificate may do anything, others don't get in", async () => {
    const admin = await startAdmin({ config: { api: apiWith(tls) } as never, baseDirectory: files.folder });
    const url = `${admin.url.replace("http:", "https:")}/v1/clients`;
    expect((await ask(url, as("alice"))).status).toBe(200);
    await expect(ask(url, {})).rejects.toThrow();
    await expect(ask(url, as("stranger"))).rejects.toThrow();
    const alice = new ReflectingClient(admin.grpc, secure("alice"));
    expect((await alice.call("gmqtt.admin.api.PublishService/Publish", { topicName: "a" })).code).toBe(0);
    const nobody = new ReflectingClient(admin.grpc, secure());
    await expect(nobody.reflect({ case: "listServices", value: "" })).rejects.toMatchObject({ code: 14 });
    const line = admin.broker.log.find(({ message }) => message === "api call");
    expect(line?.fields).toMatchObject({ who: "certificate:alice" });
    alice.close();
    nobody.close();
    await admin.stop();
  });

  test("it lets the api out of loopback, and roles go by common name", async () => {
    const api = { grpc: [{ address, tls }], http: [{ address: "tcp://0.0.0.0:0", tls }] };
    const section = { certificates: [{ common_name: "alice", role: "read" }] };
    const admin = await startAdmin({ section, config: { api } as never, baseDirectory: files.folder });
    const url = admin.url.replace("http:", "https:").replace("0.0.0.0", "127.0.0.1");
    expect((await ask(`${url}/v1/clients`, as("alice"))).status).toBe(200);
    expect(await ask(`${url}/v1/clients/x`, { ...as("alice"), method: "DELETE" })).toMatchObject({ status: 403 });
    expect(await ask(`${url}/v1/clients`, as("bob"))).toMatchObject({
      status: 403,
      json: { code: 7, message: "certificate bob has no role" },
    });
    const bob = new ReflectingClient(admin.grpc, secure("bob"));
    await expect(bob.reflect({ case: "listServices", value: "" })).rejects.toMatchObject({ code: 7 });
    bob.close();
    await admin.stop();
  });
});
