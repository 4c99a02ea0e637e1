import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

const sha256 = (token: string): string => createHash("sha256").update(token).digest("hex");
const tokens = [
  { name: "eyes", sha256: sha256("look"), role: "read" },
  { name: "hands", sha256: sha256("do").toUpperCase(), role: "write" },
];
const bearer = (token: string): { headers: { authorization: string } } => ({
  headers: { authorization: `Bearer ${token}` },
});

async function withAdmin(section: object, use: (admin: AdminBroker) => Promise<void>): Promise<void> {
  const admin = await startAdmin({ section });
  try {
    await use(admin);
  } finally {
    await admin.stop();
  }
}

describe("with tokens", () => {
  test("REST is closed to who has none, a wrong one or no bearer", async () => {
    await withAdmin({ tokens }, async ({ rest }) => {
      for (const headers of [{}, { authorization: "Bearer guess" }, { authorization: "Basic bG9vaw==" }]) {
        const { headers: answered, json, status } = await rest("/v1/clients", { headers });
        expect(status).toBe(401);
        expect(answered.get("www-authenticate")).toBe('Bearer realm="gmqtt"');
        expect(json).toMatchObject({ code: 16, details: [] });
      }
    });
  });

  test("role read looks, role write does", async () => {
    await withAdmin({ tokens }, async ({ rest }) => {
      expect((await rest("/v1/clients", bearer("look"))).status).toBe(200);
      const refused = await rest("/v1/publish", { body: { topic_name: "a" }, ...bearer("look") });
      expect(refused).toMatchObject({
        status: 403,
        json: { code: 7, message: "role read may not call gmqtt.admin.api.PublishService/Publish" },
      });
      expect((await rest("/v1/publish", { body: { topic_name: "a" }, ...bearer("do") })).status).toBe(200);
      // Explaining by POST changes nothing.
      const question = { action: "ACTION_PUBLISH", topic_name: "a" };
      expect((await rest("/v1/explain", { body: question, ...bearer("look") })).status).toBe(200);
    });
  });

  test("a payload in a trace needs role write", async () => {
    await withAdmin({ tokens }, async ({ rest }) => {
      const { json, status } = await rest("/v1/trace?client_id=a&show_payload=true", bearer("look"));
      expect([status, json]).toEqual([403, { code: 7, message: "show_payload needs role write", details: [] }]);
    });
  });

  test("gRPC is closed in the same way, reflection included, health excepted", async () => {
    await withAdmin({ tokens }, async ({ grpc }) => {
      const nobody = new ReflectingClient(grpc);
      await expect(nobody.reflect({ case: "listServices", value: "" })).rejects.toMatchObject({ code: 16 });
      const reader = new ReflectingClient(grpc, undefined, "look");
      expect((await reader.call("gmqtt.admin.api.ClientService/List")).code).toBe(0);
      expect(await reader.call("gmqtt.admin.api.PublishService/Publish", { topicName: "a" })).toMatchObject({
        code: 7,
      });
      expect((await reader.call("grpc.health.v1.Health/Check")).code).toBe(0);
      nobody.close();
      reader.close();
    });
  });

  test("the description of the api is open, and says that a token is needed", async () => {
    await withAdmin({ tokens }, async ({ rest }) => {
      const { json, status } = await rest("/openapi.json");
      expect(status).toBe(200);
      expect(json).toMatchObject({ security: [{ bearer: [] }] });
    });
  });

  test("a reload changes them at once", async () => {
    await withAdmin({ tokens }, async ({ plugin, rest }) => {
      plugin.applyConfig({ tokens: [{ name: "new", sha256: sha256("fresh"), role: "read" }] });
      expect((await rest("/v1/clients", bearer("look"))).status).toBe(401);
      expect((await rest("/v1/clients", bearer("fresh"))).status).toBe(200);
    });
  });

  test("a reload with a wrong key is refused by its name, and one without the section means the defaults", async () => {
    await withAdmin({}, async ({ plugin, rest }) => {
      expect(() => plugin.applyConfig({ limits: { max_page_size: 0 } })).toThrow(
        /^plugins\.admin\.limits\.max_page_size: /,
      );
      plugin.applyConfig({ docs: false });
      expect((await rest("/")).status).toBe(404);
      plugin.applyConfig(undefined);
      expect((await fetch(`${plugin.endpoints[1]?.address.replace("tcp:", "http:")}/`)).status).toBe(200);
    });
  });

  test("bans are logged by the name of their kind", async () => {
    await withAdmin({}, async ({ broker, rest }) => {
      await rest("/v1/bans/BAN_KIND_USERNAME/bob", { method: "DELETE" });
      const fields = broker.log.find(({ message }) => message === "api call")?.fields;
      expect(fields).toMatchObject({ kind: "BAN_KIND_USERNAME", value: "bob", status: "NOT_FOUND" });
    });
  });

  test("requests are logged with who, what and how it went, never with what was in them", async () => {
    await withAdmin({ tokens }, async ({ broker, rest }) => {
      const client = await broker.connect({ clientId: "c1" });
      await rest("/v1/clients/c1/kick", { body: { reason: "hidden words" }, ...bearer("do") });
      await rest("/v1/clients/c2", bearer("wrong"));
      const told = await client.disconnected(0x98);
      expect(told?.properties?.reasonString).toBe("hidden words");
      const lines = broker.log.filter(({ message }) => message === "api call").map(({ fields }) => fields);
      expect(lines).toMatchObject([
        {
          who: "token:hands",
          from: "127.0.0.1",
          via: "rest",
          method: "gmqtt.admin.api.ClientService/Kick",
          client_id: "c1",
          status: "OK",
        },
        {
          who: "nobody",
          method: "gmqtt.admin.api.ClientService/Get",
          status: "UNAUTHENTICATED",
          reason: "unknown token",
        },
      ]);
      expect(JSON.stringify(lines)).not.toContain("hidden words");
    });
  });
});

describe("without tokens and certificates", () => {
  test.each([
    ["grpc", "tcp://0.0.0.0:0"],
    ["grpc", "tcp://:0"],
    ["http", "tcp://[::]:0"],
    ["http", "tcp://192.0.2.1:0"],
  ] as const)("%s refuses to start on %s", async (kind, address) => {
    const local = [{ address: "tcp://127.0.0.1:0" }];
    const api = { grpc: local, http: local, [kind]: [{ address }] };
    await expect(startAdmin({ config: { api } })).rejects.toThrow(
      `api.${kind}.0.address: ${address} is not loopback, and anybody could use the api there`,
    );
  });

  test("with a token it starts there", async () => {
    const api = { grpc: [], http: [{ address: "tcp://0.0.0.0:0" }] };
    const admin = await startAdmin({ section: { tokens }, config: { api } });
    const { status } = await admin.rest("/v1/clients", bearer("look"));
    expect(status).toBe(200);
    expect(() => admin.plugin.applyConfig({})).toThrow("is not loopback"); // a reload must not open it either
    expect((await admin.rest("/v1/clients")).status).toBe(401);
    await admin.stop();
  });

  test("whoever is on this machine may do anything, but no web page of somebody else", async () => {
    await withAdmin({}, async ({ broker, rest }) => {
      const body = { topic_name: "a" };
      expect((await rest("/v1/publish", { body })).status).toBe(200);
      for (const headers of [
        { origin: "https://example.org" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ]) {
        const { json, status } = await rest("/v1/publish", { body, headers: headers as Record<string, string> });
        expect([status, (json as { code: number }).code], JSON.stringify(headers)).toEqual([403, 7]);
      }
      const lines = broker.log.filter(({ message }) => message === "api call").map(({ fields }) => fields);
      expect(lines).toHaveLength(4);
      expect(lines[1]).toMatchObject({
        who: "nobody",
        method: "POST /v1/publish",
        status: "PERMISSION_DENIED",
        reason: "a page of https://example.org may not use the api",
      });
    });
  });
});
