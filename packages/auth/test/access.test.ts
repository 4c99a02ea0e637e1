/** Who may publish and subscribe where, seen by clients of a running broker. */

import { createSecretKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { ReasonCode } from "@gmqtt/broker";
import { createSlowPersistence } from "@gmqtt/testing";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { login, run } from "./fixtures.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const ANY = { allow_anonymous: true };
const token = (claims: Record<string, unknown>, exp: number): Promise<string> =>
  new SignJWT({ sub: "bob", exp, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(createSecretKey(SECRET, "utf8"));

test("without rules everybody who is in may do everything, as with gmqtt", async () => {
  const { broker } = await run({});
  const client = await broker.connect(login("alice"));
  expect(await client.subscribe("#")).toMatchObject({ reasonCodes: [0] });
  await client.publish("a", "x", { qos: 2, retain: true });
  expect(await client.next("publish")).toMatchObject({ topic: "a" });
});

describe("a publish that no rule allows", () => {
  const acl = [{ topic: "ok" }, { topic: "low", max_qos: 0 }, { topic: "fleeting", retain: false }];

  test("is answered with 0x87 and goes nowhere", async () => {
    const { broker } = await run({ ...ANY, acl });
    const client = await broker.connect();
    for (const qos of [1, 2] as const) {
      expect(await client.publish("no", "x", { qos, retain: true })).toMatchObject({ reasonCode: 0x87 });
    }
    expect(await client.publish("low", "x", { qos: 1 })).toMatchObject({ reasonCode: 0x87 });
    expect(await client.publish("fleeting", "x", { qos: 1, retain: true })).toMatchObject({ reasonCode: 0x87 });
    expect(await client.publish("fleeting", "x", { qos: 1 })).not.toMatchObject({ reasonCode: 0x87 });
    expect(broker.server.retainedService.get("no")).toBeUndefined();
    expect(broker.server.retainedService.get("fleeting")).toBeUndefined();
    await client.ping();
  });

  test.each([
    ["drop", true],
    ["close", false],
  ] as const)(
    "of a 3.x client is handled as mqtt.unauthorized_publish: %s says",
    async (unauthorizedPublish, lives) => {
      const { broker } = await run({ ...ANY, acl }, { config: { mqtt: { unauthorizedPublish } } });
      const client = await broker.connect({ version: 4 });
      client.send("publish", {
        topic: "no",
        payload: Buffer.from("x"),
        qos: 1,
        retain: false,
        dup: false,
        packetId: 1,
      });
      if (lives) expect(await client.next("puback")).toMatchObject({ packetId: 1 });
      else {
        await client.closed();
        const fields = { reason: "publish to no refused: not authorized" };
        expect(broker.log).toContainEqual(
          expect.objectContaining({ message: "client disconnected", fields: expect.objectContaining(fields) }),
        );
      }
    },
  );

  test("is not let through by a topic alias", async () => {
    const { broker } = await run({ ...ANY, acl });
    const client = await broker.connect();
    const properties = { topicAlias: 1 };
    expect(await client.publish("no", "x", { qos: 1, properties })).toMatchObject({ reasonCode: 0x87 });
    expect(await client.publish("", "x", { qos: 1, properties })).toMatchObject({ reasonCode: 0x87 });
  });
});

describe("a subscription", () => {
  const acl = [
    { access: "deny", topic: "a/secret", action: "subscribe" },
    { topic: "a/low", action: "subscribe", max_qos: 0 },
    { topic: "a/#", action: "subscribe" },
    { topic: "c/%c", action: "subscribe" },
    { topic: "#", action: "publish" },
  ];

  test("is judged filter by filter [MQTT-3.9.3-2]", async () => {
    const { broker } = await run({ ...ANY, acl });
    const client = await broker.connect({ clientId: "me" });
    const filters = ["a/b", "b", "a/low", "a/#", "a/secret", "c/+", "c/you", "$share/g/a/b", "$share/g/b"];
    const suback = await client.subscribe(filters.map((filter) => ({ filter, qos: 2 })));
    expect(suback.reasonCodes).toEqual([2, 0x87, 0, 2, 0x87, 2, 0x87, 2, 0x87]);
    const old = await broker.connect({ version: 4, clientId: "old" });
    expect((await old.subscribe(["a/b", "b"])).reasonCodes).toEqual([0, 0x80]);
  });

  test("wider than the rules gets what they allow and nothing else, live and retained", async () => {
    const { broker } = await run({ ...ANY, acl });
    const publisher = await broker.connect();
    const topics = ["a/open", "a/secret", "a/low", "b", "c/me", "c/you"];
    for (const topic of topics) await publisher.publish(topic, "retained", { qos: 1, retain: true });
    const client = await broker.connect({ clientId: "me" });
    expect(await client.subscribe({ filter: "#", qos: 1 })).toMatchObject({ reasonCodes: [1] });
    const received = async (): Promise<[string, number][]> => {
      const packets = [await client.next("publish"), await client.next("publish"), await client.next("publish")];
      await client.nothing();
      return packets.map(({ topic, qos }): [string, number] => [topic, qos]).sort();
    };
    const allowed = [
      ["a/low", 0],
      ["a/open", 1],
      ["c/me", 1],
    ];
    expect(await received()).toEqual(allowed);
    for (const topic of topics) await publisher.publish(topic, "live", { qos: 1 });
    expect(await received()).toEqual(allowed);
  });

  test("shared by several gives each message to one who may have it", async () => {
    const { broker } = await run({ ...ANY, acl });
    const me = await broker.connect({ clientId: "me" });
    const you = await broker.connect({ clientId: "you" });
    for (const client of [me, you]) await client.subscribe("$share/g/c/+");
    const publisher = await broker.connect();
    for (let count = 0; count < 3; count++) await publisher.publish("c/you", "x");
    for (let count = 0; count < 3; count++) expect(await you.next("publish")).toMatchObject({ topic: "c/you" });
    await me.nothing();
  });

  test("of a session that is away gets nothing that its user may not have", async () => {
    const { broker } = await run({ ...ANY, acl });
    const properties = { sessionExpiryInterval: 600 };
    const client = await broker.connect({ clientId: "me", properties });
    await client.subscribe({ filter: "#", qos: 1 });
    client.drop();
    await broker.idle();
    const publisher = await broker.connect();
    for (const topic of ["a/secret", "c/you", "a/open"]) await publisher.publish(topic, "x", { qos: 1 });
    const back = await broker.connect({ clientId: "me", cleanStart: false, properties });
    expect(await back.next("publish")).toMatchObject({ topic: "a/open" });
    await back.nothing();
  });

  test("made through the API is held to the rules, too", async () => {
    const { broker } = await run({ ...ANY, acl });
    const client = await broker.connect({ clientId: "me" });
    broker.server.subscriptionService.subscribe("me", { filter: "#" });
    for (const topic of ["b", "a/b"]) await broker.server.publisher.publish({ topic, payload: "x" });
    expect(await client.next("publish")).toMatchObject({ topic: "a/b" });
  });

  test("by address follows its client to another address", async () => {
    const rules = [{ address: "10.0.0.0/8", topic: "inside" }, { topic: "outside" }];
    const { broker } = await run({ ...ANY, acl: rules });
    const properties = { sessionExpiryInterval: 600 };
    const inside = await broker.connect({ clientId: "me", properties, info: { remoteAddress: "10.1.2.3" } });
    expect((await inside.subscribe(["inside", "outside"])).reasonCodes).toEqual([0, 0]);
    await broker.server.publisher.publish({ topic: "inside", payload: "x" });
    expect(await inside.next("publish")).toMatchObject({ topic: "inside" });
    inside.drop();
    await broker.idle();
    const moved = await broker.connect({
      clientId: "me",
      cleanStart: false,
      properties,
      info: { remoteAddress: "192.0.2.1" },
    });
    for (const topic of ["inside", "outside"]) await broker.server.publisher.publish({ topic, payload: "x" });
    expect(await moved.next("publish")).toMatchObject({ topic: "outside" });
  });
});

describe("a restart", () => {
  test("leaves sessions their rules by client identifier and user name, before their clients are back", async () => {
    const acl = [
      { username: "alice", topic: "hers/#" },
      { username: "bob", topic: "#" },
    ];
    const { broker } = await run({ acl }, { persistence: createSlowPersistence() });
    const properties = { sessionExpiryInterval: 600 };
    const alice = await broker.connect({ clientId: "c", properties, ...login("alice") });
    await alice.subscribe({ filter: "#", qos: 1 });
    await broker.crash();
    const bob = await broker.connect(login("bob"));
    await bob.publish("his", "x", { qos: 1 });
    await bob.publish("hers/x", "y", { qos: 1 });
    const back = await broker.connect({ clientId: "c", cleanStart: false, properties, ...login("alice") });
    expect(await back.next("publish")).toMatchObject({ topic: "hers/x" });
    await back.nothing();
  });
});

describe("a will", () => {
  const acl = [
    { topic: "will/%c", max_qos: 1, retain: false },
    { topic: "#", action: "subscribe" },
  ];

  test.each([
    [{ topic: "other" }],
    [{ topic: "will/another" }],
    [{ topic: "will/me", qos: 2 as const }],
    [{ topic: "will/me", retain: true }],
  ])("%j is refused with the CONNECT", async (will) => {
    const { broker } = await run({ ...ANY, acl });
    expect(await broker.refused({ clientId: "me", will })).toMatchObject({ reasonCode: ReasonCode.NotAuthorized });
    expect((await broker.refused({ version: 4, clientId: "me", will }))?.reasonCode).toBe(5);
  });

  test("is judged again when it goes out", async () => {
    const { broker, folder } = await run(
      { ...ANY, acl_file: "acl" },
      { files: { acl: "pattern write will/%c\npattern read #\n" } },
    );
    const watcher = await broker.connect();
    await watcher.subscribe("will/#");
    const will = { topic: "will/me", payload: "gone" };
    (await broker.connect({ clientId: "me", will })).drop();
    expect(await watcher.next("publish")).toMatchObject({ topic: "will/me" });
    const client = await broker.connect({ clientId: "me", will });
    writeFileSync(`${folder}/acl`, "pattern read #\n");
    await broker.until(() => broker.log.some(({ message }) => message === "access file reloaded"));
    client.drop();
    await watcher.nothing();
    expect(broker.log).toContainEqual(expect.objectContaining({ message: "will refused" }));
  });
});

describe("an access file", () => {
  test("that is broken is refused, and the old rules stay", async () => {
    const { broker, folder } = await run({ ...ANY, acl_file: "acl.yml" }, { files: { "acl.yml": "- topic: a\n" } });
    writeFileSync(`${folder}/acl.yml`, "- topic: a/#/b\n");
    await broker.until(() => broker.log.some(({ message }) => message === "access file refused, the old rules stay"));
    const client = await broker.connect();
    expect((await client.subscribe(["a", "b"])).reasonCodes).toEqual([0, 0x87]);
  });

  test("comes behind the rules of the configuration", async () => {
    const section = { ...ANY, acl: [{ access: "deny", topic: "a" }], acl_file: "acl.yml", acl_default: "deny" };
    const { broker } = await run(section, { files: { "acl.yml": "- topic: '#'\n" } });
    expect((await (await broker.connect()).subscribe(["a", "b"])).reasonCodes).toEqual([0x87, 0]);
  });
});

describe("a token", () => {
  const jwt = { secret: SECRET };

  test("gives name, client identifier and rules, which come before all others", async () => {
    const { broker } = await run({ jwt, acl: [{ topic: "all" }] });
    const exp = broker.clock.now() / 1000 + 600;
    const acl = [{ topic: "dev/%c/%u" }, { access: "deny", topic: "all" }];
    const password = await token({ client_id: "me", acl }, exp);
    const client = await broker.connect({ clientId: "", password });
    expect(client.connack).toMatchObject({ properties: { assignedClientIdentifier: "me" } });
    expect((await client.subscribe(["dev/me/bob", "all", "dev/#"])).reasonCodes).toEqual([0, 0x87, 0]);
    expect(broker.server.clientService.getSession("me")?.username).toBe("bob");
    expect((await broker.refused({ clientId: "other", password }))?.reasonCode).toBe(
      ReasonCode.ClientIdentifierNotValid,
    );
    // Who logs in otherwise is held to the rules of the configuration alone.
    expect((await (await broker.connect(login("alice"))).subscribe(["all", "dev/x"])).reasonCodes).toEqual([0, 0x87]);
  });

  test.each([4, 5] as const)("ends the connection when it ends (%i)", async (version) => {
    const { broker } = await run({ jwt }, { accounts: ["alice"] });
    const now = broker.clock.now() / 1000;
    const client = await broker.connect({ version, password: await token({}, now + 60), username: "bob" });
    const lasting = await broker.connect({ password: await token({}, now + 120) });
    await broker.advance(59_000);
    await client.ping();
    await broker.advance(1_000);
    if (version === 5) await client.disconnected(ReasonCode.NotAuthorized);
    else await client.closed();
    await lasting.ping();
    await broker.advance(60_000);
    await lasting.disconnected(ReasonCode.NotAuthorized);
  });

  test("is asked for in the configured order", async () => {
    const { broker } = await run({ jwt, sources: ["password", "jwt"] });
    const password = await token({}, broker.clock.now() / 1000 + 60);
    // The password file knows bob, and this is not his password there.
    expect((await broker.refused({ username: "bob", password }))?.reasonCode).toBe(ReasonCode.BadUserNameOrPassword);
    const other = await run({ jwt, sources: ["jwt", "password"] });
    await other.broker.connect({ username: "bob", password });
    await other.broker.connect(login("bob"));
  });
});

test("explains who is slowed down", async () => {
  const { broker, plugin } = await run({ throttle: { user_failures: 1, wait: "10s" } });
  const question = {
    action: "connect" as const,
    clientId: "c",
    username: "alice",
    remoteAddress: "",
    certificateCommonName: undefined,
    topic: "",
    qos: 0 as const,
    retain: false,
  };
  for (let failure = 0; failure < 2; failure++) await broker.refused({ username: "alice", password: "wrong" });
  expect(plugin.explain?.(question)).toEqual({
    decision: "deny",
    rule: "throttle: too many failed logins, next try in 10 s",
    reasonCode: ReasonCode.ConnectionRateExceeded,
  });
  await broker.advance(10_000);
  expect(plugin.explain?.(question)).toMatchObject({ decision: "unknown" });
});

test("explains which rule decides", async () => {
  const { broker, plugin } = await run({ acl: [{ username: "alice", topic: "a/#", max_qos: 1 }] });
  const ask = (question: object): unknown =>
    plugin.explain?.({
      action: "publish",
      clientId: "c",
      username: "alice",
      remoteAddress: "",
      certificateCommonName: undefined,
      topic: "a/b",
      qos: 1,
      retain: false,
      ...question,
    });
  expect(ask({})).toEqual({ decision: "allow", rule: "acl rule 1", maximumQoS: 1 });
  expect(ask({ qos: 2 })).toMatchObject({ decision: "deny", rule: "acl rule 1: at most QoS 1", reasonCode: 0x87 });
  expect(ask({ action: "subscribe", topic: "#", qos: 2 })).toEqual({
    decision: "allow",
    rule: "acl rule 1; of # only what the rules allow is delivered",
    maximumQoS: 1,
  });
  expect(ask({ action: "subscribe", topic: "a/+" })).toMatchObject({ decision: "allow", rule: "acl rule 1" });
  expect(ask({ action: "receive", topic: "b" })).toMatchObject({ decision: "deny", rule: "acl default: deny" });
  expect(ask({ action: "connect" })).toEqual({ decision: "unknown", rule: "account alice: depends on the password" });
  expect(ask({ action: "connect", username: undefined })).toMatchObject({ decision: "deny", reasonCode: 0x87 });
  expect(ask({ action: "connect", username: "nobody" })).toMatchObject({ decision: "deny", reasonCode: 0x86 });
  await broker.idle();
});
