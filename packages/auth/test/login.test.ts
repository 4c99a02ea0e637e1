/** Who comes in, seen by clients of a running broker. */

import { readFileSync, writeFileSync } from "node:fs";
import { type Plugin, ReasonCode } from "@gmqtt/broker";
import { describe, expect, test } from "vitest";
import { accountsOf, login, md5, run } from "./fixtures.ts";

/** Twenty accounts with the password "x". */
const ARGON2_ACCOUNTS = Array.from(
  { length: 20 },
  (_, index) =>
    `- username: u${index}\n  password: $argon2id$v=19$m=19456,t=2,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI\n`,
).join("");

describe("a password", () => {
  test("lets in who has the right one, in every version", async () => {
    const { broker } = await run({});
    for (const version of [3, 4, 5] as const) await broker.connect({ version, ...login("alice") });
  });

  test.each([
    [3, 4],
    [4, 4],
    [5, ReasonCode.BadUserNameOrPassword],
  ] as const)("that is wrong, or of nobody, is refused with the code of version %i", async (version, reasonCode) => {
    const { broker } = await run({});
    const wrong = await broker.refused({ version, username: "alice", password: "wrong" });
    const nobody = await broker.refused({ version, username: "nobody", password: "wrong" });
    const none = await broker.refused({ version, username: "alice" });
    for (const refusal of [wrong, nobody, none]) expect(refusal?.reasonCode).toBe(reasonCode);
    expect(nobody).toEqual(wrong);
  });

  test("is needed by everybody, unless the anonymous are let in", async () => {
    const { broker } = await run({});
    expect((await broker.refused({}))?.reasonCode).toBe(ReasonCode.NotAuthorized);
    expect((await broker.refused({ version: 4 }))?.reasonCode).toBe(5);
    const open = await run({ allow_anonymous: true });
    await open.broker.connect();
    // A name without a password is not anonymous.
    expect((await open.broker.refused({ username: "alice" }))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
  });

  test("of gmqtt's file becomes argon2id when its user logs in, and goes on being right", async () => {
    const { broker, file } = await run({});
    expect(readFileSync(file, "utf8")).toContain(md5("ecila"));
    await broker.connect(login("alice"));
    await broker.until(() => broker.log.some(({ message }) => message === "password hash upgraded"));
    expect(readFileSync(file, "utf8")).toContain("$argon2id$");
    expect(readFileSync(file, "utf8")).not.toContain(md5("ecila"));
    expect(readFileSync(file, "utf8")).toContain(md5("bob"));
    await broker.connect(login("alice"));
    await broker.refused({ username: "alice", password: "wrong" });
  });

  test("stays as it is where upgrades are off", async () => {
    const { broker, file } = await run({ upgrade_hashes: false });
    const before = readFileSync(file, "utf8");
    await broker.connect(login("alice"));
    await broker.connect(login("alice"));
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("changed by hand is in force at once, the old one is not", async () => {
    const { broker, file } = await run({ upgrade_hashes: false });
    await broker.connect(login("alice"));
    writeFileSync(file, accountsOf("carol"));
    await broker.until(() => broker.log.some(({ message }) => message === "accounts reloaded"));
    await broker.connect(login("carol"));
    expect((await broker.refused(login("alice")))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
  });
});

describe("logins that wait for a thread", () => {
  test("cost nothing when their client has left", async () => {
    const section = { hash_threads: 1, max_waiting_logins: 5_000, upgrade_hashes: false };
    const { broker } = await run(section, { files: { "gmqtt_password.yml": ARGON2_ACCOUNTS }, patience: 60_000 });
    const leaving = Array.from({ length: 2_000 }, () => broker.open());
    for (const [index, client] of leaving.entries()) client.sendConnect({ username: `nobody${index}`, password: "x" });
    const staying = broker.open();
    staying.sendConnect({ username: "u0", password: "x" });
    for (const client of leaving) client.drop();
    // Checked one after the other they would take more than half a minute of a core.
    const before = performance.now();
    expect(await staying.next("connack")).toMatchObject({ reasonCode: 0 });
    expect(performance.now() - before).toBeLessThan(15_000);
  });

  test("are bounded: what exceeds the bound is refused and no failure of the client's", async () => {
    const section = { max_waiting_logins: 2, throttle: { address_failures: 0 }, upgrade_hashes: false };
    const info = { remoteAddress: "192.0.2.1" };
    const { broker } = await run(section, { files: { "gmqtt_password.yml": ARGON2_ACCOUNTS } });
    const clients = Array.from({ length: 20 }, () => broker.open({ info }));
    for (const [index, client] of clients.entries()) client.sendConnect({ username: `u${index}`, password: "x" });
    await broker.idle();
    const codes = clients.map(({ connack }) => connack?.reasonCode);
    expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(2);
    expect(codes.filter((code) => code === ReasonCode.ServerUnavailable).length).toBeGreaterThanOrEqual(10);
    expect(codes).not.toContain(ReasonCode.ConnectionRateExceeded);
  });

  test("with the same password of the same account are hashed once", async () => {
    const section = { max_waiting_logins: 2, upgrade_hashes: false };
    const { broker } = await run(section, { files: { "gmqtt_password.yml": ARGON2_ACCOUNTS } });
    const clients = Array.from({ length: 50 }, () => broker.open());
    for (const client of clients) client.sendConnect({ username: "u0", password: "x" });
    await broker.idle();
    expect(clients.map(({ connack }) => connack?.reasonCode)).toEqual(clients.map(() => 0));
  });
});

describe("guessers", () => {
  test("are slowed down per user name, and let in again after a while", async () => {
    const { broker } = await run({ throttle: { user_failures: 2, wait: "10s" } });
    const wrong = { username: "alice", password: "wrong" };
    for (let failure = 0; failure < 3; failure++) {
      expect((await broker.refused(wrong))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
    }
    const slowed = await broker.refused(login("alice"));
    expect(slowed).toMatchObject({
      reasonCode: ReasonCode.ConnectionRateExceeded,
      properties: { reasonString: "too many failed logins" },
    });
    expect((await broker.refused({ version: 4, ...login("alice") }))?.reasonCode).toBe(3);
    await broker.connect(login("bob"));
    await broker.advance(10_000);
    await broker.connect(login("alice"));
  });

  test("are slowed down per address; a user who was right from there is not", async () => {
    const { broker } = await run({ throttle: { address_failures: 2 } });
    const info = { remoteAddress: "192.0.2.1" };
    await broker.connect({ ...login("bob"), info });
    for (let failure = 0; failure < 3; failure++)
      await broker.refused({ username: `u${failure}`, password: "x", info });
    expect((await broker.refused({ ...login("alice"), info }))?.reasonCode).toBe(ReasonCode.ConnectionRateExceeded);
    await broker.connect({ ...login("bob"), info });
    await broker.connect({ ...login("alice"), info: { remoteAddress: "192.0.2.2" } });
  });

  test("who ask many times at once get no more guesses than one after the other", async () => {
    const { broker } = await run({ throttle: { user_failures: 3, wait: "1m" }, hash_threads: 1 });
    await broker.connect(login("alice"));
    await broker.until(() => broker.log.some(({ message }) => message === "password hash upgraded"));
    const clients = Array.from({ length: 30 }, () => broker.open());
    for (const [index, client] of clients.entries()) client.sendConnect({ username: "alice", password: `x${index}` });
    await broker.idle();
    const codes = clients.map(({ connack }) => connack?.reasonCode);
    expect(codes.filter((code) => code === ReasonCode.BadUserNameOrPassword).length).toBeLessThanOrEqual(5);
    expect(codes.filter((code) => code === ReasonCode.ConnectionRateExceeded).length).toBeGreaterThanOrEqual(25);
  });
});

describe("a client identifier", () => {
  test("whose session is another user's is refused", async () => {
    const { broker } = await run({});
    const alice = await broker.connect({ clientId: "device", ...login("alice") });
    const refusal = await broker.refused({ clientId: "device", ...login("bob") });
    expect(refusal?.reasonCode).toBe(ReasonCode.ClientIdentifierNotValid);
    await alice.ping();
    const again = await broker.connect({ clientId: "device", ...login("alice") });
    await alice.disconnected(ReasonCode.SessionTakenOver);
    await again.ping();
  });

  test("may be anyone's where it is configured so", async () => {
    const { broker } = await run({ client_id_takeover: "anyone" });
    const alice = await broker.connect({ clientId: "device", ...login("alice") });
    await broker.connect({ clientId: "device", ...login("bob") });
    await alice.disconnected(ReasonCode.SessionTakenOver);
  });
});

test("a certificate that the listener takes names from needs no password, and its name is the user's", async () => {
  const { broker } = await run({ acl: [{ username: "device-7", topic: "dev/%u" }] });
  const client = await broker.connect({ version: 4, info: { certificateUsername: "device-7" } });
  const [session] = broker.server.clientService.iterateSessions();
  expect(session?.username).toBe("device-7");
  expect(await client.subscribe("dev/device-7")).toMatchObject({ reasonCodes: [0] });
});

test("a hook behind this one may still refuse", async () => {
  const picky: Plugin = {
    name: "picky",
    load: () => {},
    unload: () => {},
    hookWrapper: () => ({ onBasicAuth: () => () => Promise.reject(new Error("on purpose")) }),
  };
  const { broker } = await run({}, { plugins: [picky] });
  expect((await broker.refused(login("alice")))?.reasonCode).toBe(ReasonCode.ImplementationSpecificError);
});

describe("a start", () => {
  test("without a password file has no accounts, and takes them as soon as there is one", async () => {
    const { broker, folder } = await run({ password_file: "later.yml" });
    expect((await broker.refused(login("alice")))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
    expect(broker.log).toContainEqual(expect.objectContaining({ level: "warn" }));
    writeFileSync(`${folder}/later.yml`, accountsOf("alice"));
    await broker.until(() => broker.log.some(({ message }) => message === "accounts reloaded"));
    await broker.connect(login("alice"));
  });

  test.each([
    [{ hash: "sha256" }, "gmqtt_password.yml: line 1: password of alice is no sha256 hash"],
    [{ acl_file: "acl.yml" }, "acl.yml: line 2: topic: must be a topic filter"],
    [{ acl_file: "absent.yml" }, "ENOENT"],
    [{ jwt: { secret: "short" } }, "shorter than 32"],
  ])("with %j is refused and says why", async (section, message) => {
    await expect(run(section, { files: { "acl.yml": "# rules\n- topic: a/#/b\n" } })).rejects.toThrow(message);
  });
});

describe("a reload", () => {
  test("puts other accounts and rules in force for everybody", async () => {
    const files = { "other.yml": accountsOf("carol") };
    const { broker, plugin } = await run({}, { files });
    const alice = await broker.connect(login("alice"));
    await alice.subscribe("a/#");
    await plugin.applyConfig?.({ password_file: "other.yml", acl: [{ topic: "a/open" }] });
    expect((await broker.refused(login("bob")))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
    const carol = await broker.connect(login("carol"));
    expect(await carol.publish("a/closed", "x", { qos: 1 })).toMatchObject({ reasonCode: ReasonCode.NotAuthorized });
    await broker.server.publisher.publish({ topic: "a/closed", payload: "x" });
    await broker.server.publisher.publish({ topic: "a/open", payload: "y" });
    expect(await alice.next("publish")).toMatchObject({ topic: "a/open" });
  });

  test("that can't be carried out changes nothing", async () => {
    const { broker, plugin } = await run({});
    await expect(plugin.applyConfig?.({ acl_file: "absent.yml" })).rejects.toThrow("ENOENT");
    await expect(plugin.applyConfig?.({ hash: "crc32" })).rejects.toThrow("plugins.auth");
    await broker.connect(login("alice"));
  });
});
