import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthStep, MqttError, type Plugin, ReasonCode } from "@gmqtt/broker";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";

let folder: string;
let admin: AdminBroker;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gmqtt-bans-"));
});
afterEach(async () => {
  await admin.stop();
  rmSync(folder, { recursive: true });
});

const ban = (kind: string, value: string, rest: object = {}): Promise<{ status: number; json: unknown }> =>
  admin.rest("/v1/bans", { body: { kind: `BAN_KIND_${kind}`, value, ...rest } });

describe("a ban", () => {
  test("of a client identifier refuses it with Banned (0x8A), in 3.1.1 with not authorized (5)", async () => {
    admin = await startAdmin();
    await ban("CLIENT_ID", "mallory");
    expect((await admin.broker.refused({ clientId: "mallory", version: 5 }))?.reasonCode).toBe(0x8a);
    expect((await admin.broker.refused({ clientId: "mallory", version: 4 }))?.reasonCode).toBe(5);
    await admin.broker.connect({ clientId: "alice" });
  });

  test("of a user name also refuses who another plugin finds to be that user", async () => {
    const renamed: Plugin = {
      name: "rename",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({
        onBasicAuth:
          () =>
          async (_client, { options }) => {
            if (options.username === "token") options.username = "mallory";
          },
      }),
    };
    admin = await startAdmin({ plugins: [renamed] });
    await ban("USERNAME", "mallory");
    for (const username of ["mallory", "token"]) {
      expect((await admin.broker.refused({ username, version: 5 }))?.reasonCode, username).toBe(0x8a);
    }
    await admin.broker.connect({ username: "alice" });
  });

  test("reaches enhanced authentication, at its beginning and at its end", async () => {
    const scram: Plugin = {
      name: "scram",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({
        onEnhancedAuth:
          () =>
          (_client, { method, options }) => {
            const finish = (): AuthStep => {
              options.username = "mallory";
              return { continue: false };
            };
            if (method === "refuse") return new MqttError(ReasonCode.NotAuthorized);
            return method === "one" ? finish() : { continue: true, onAuth: finish };
          },
      }),
    };
    admin = await startAdmin({ plugins: [scram] });
    await ban("USERNAME", "mallory");
    await ban("CLIENT_ID", "evil");
    const with_ = (authenticationMethod: string): object => ({ version: 5, properties: { authenticationMethod } });
    expect((await admin.broker.refused({ clientId: "evil", ...with_("one") }))?.reasonCode).toBe(0x8a);
    expect((await admin.broker.refused(with_("one")))?.reasonCode).toBe(0x8a);
    expect((await admin.broker.refused(with_("refuse")))?.reasonCode).toBe(0x87);
    const client = admin.broker.open();
    client.sendConnect(with_("two"));
    await client.next("auth");
    client.send("auth", { reasonCode: 0x18, properties: { authenticationMethod: "two" } });
    expect((await client.next("connack")).reasonCode).toBe(0x8a);
  });

  test.each([
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "::ffff:192.0.2.7", true],
    ["192.0.2.0/24", "192.0.2.200", true],
    ["192.0.2.0/24", "::FFFF:192.0.2.200", true],
    ["192.0.2.0/24", "192.0.3.1", false],
    ["2001:db8::/32", "2001:db8:1::1", true],
    ["2001:DB8:0:0::7", "2001:db8::7", true],
    ["2001:db8::/32", "192.0.2.7", false],
  ])("of address %s: a connection from %s is closed: %s", async (value, remoteAddress, closed) => {
    admin = await startAdmin();
    expect((await ban("ADDRESS", value)).status).toBe(200);
    const client = admin.broker.open({ info: { remoteAddress } });
    client.sendConnect({ clientId: "a" });
    if (closed) await client.closed();
    else expect((await client.next("connack")).reasonCode).toBe(0);
  });

  test("disconnects those who are in, and says how many", async () => {
    admin = await startAdmin();
    const info = { remoteAddress: "192.0.2.7" };
    const banned = await admin.broker.connect({ clientId: "a", username: "mallory" });
    const neighbour = await admin.broker.connect({ clientId: "b", info });
    expect((await ban("USERNAME", "mallory")).json).toMatchObject({ disconnected: 1 });
    await banned.disconnected(0x98);
    expect((await ban("ADDRESS", "192.0.2.0/24")).json).toMatchObject({ disconnected: 1 });
    await neighbour.disconnected(0x98);
  });

  test("ends when its time is over, and when it is lifted", async () => {
    admin = await startAdmin();
    await ban("CLIENT_ID", "soon", { duration: 60 });
    await ban("CLIENT_ID", "later");
    await admin.broker.advance(59_999);
    await admin.broker.refused({ clientId: "soon" });
    await admin.broker.advance(1);
    await admin.broker.connect({ clientId: "soon" });
    expect((await admin.rest("/v1/bans")).json).toMatchObject({ bans: [{ value: "later" }], total_count: 1 });
    await admin.rest("/v1/bans/BAN_KIND_CLIENT_ID/later", { method: "DELETE" });
    await admin.broker.connect({ clientId: "later" });
  });

  test("of the same is replaced", async () => {
    admin = await startAdmin();
    await ban("ADDRESS", "192.0.2.0/24", { duration: 60 });
    await ban("ADDRESS", "192.0.2.0/24", { reason: "again" });
    expect((await admin.rest("/v1/bans")).json).toMatchObject({ bans: [{ reason: "again", expires_at: null }] });
  });
});

describe("with bans_file", () => {
  const section = { bans_file: "bans.json" };

  test("bans survive a restart with all they say", async () => {
    admin = await startAdmin({ section, baseDirectory: folder });
    await ban("CLIENT_ID", "mallory", { reason: "floods", duration: 3600 });
    await ban("ADDRESS", "192.0.2.0/24");
    const before = (await admin.rest("/v1/bans")).json;
    await admin.stop();
    admin = await startAdmin({ section, baseDirectory: folder });
    expect((await admin.rest("/v1/bans")).json).toEqual(before);
    expect((await admin.broker.refused({ clientId: "mallory", version: 5 }))?.reasonCode).toBe(0x8a);
    const client = admin.broker.open({ info: { remoteAddress: "192.0.2.9" } });
    await client.closed();
  });

  test("many changes at once leave a whole file with all of them", async () => {
    admin = await startAdmin({ section: { ...section, limits: { requests_per_second: 0 } }, baseDirectory: folder });
    await Promise.all(Array.from({ length: 20 }, (_, index) => ban("CLIENT_ID", `c${index}`)));
    const written = JSON.parse(readFileSync(join(folder, "bans.json"), "utf8")) as { value: string }[];
    expect(written.map(({ value }) => value).sort()).toEqual(
      Array.from({ length: 20 }, (_, index) => `c${index}`).sort(),
    );
  });

  test.each([
    ["{", "can't be used"],
    ['[{"kind":"shoe","value":"a","created_at":"2030-01-01T00:00:00Z"}]', "0.kind"],
    ['[{"kind":"address","value":"a","created_at":"2030-01-01T00:00:00Z"}]', "value does not fit its kind"],
  ])("a file %s stops the start", async (text, message) => {
    admin = await startAdmin();
    writeFileSync(join(folder, "bans.json"), text);
    await expect(startAdmin({ section, baseDirectory: folder })).rejects.toThrow(message);
  });

  test("a ban that can't be written is in force, and the caller hears of it", async () => {
    admin = await startAdmin({ section: { bans_file: "missing/bans.json" }, baseDirectory: folder });
    expect((await ban("CLIENT_ID", "mallory")).status).toBe(500);
    await admin.broker.refused({ clientId: "mallory" });
  });
});
