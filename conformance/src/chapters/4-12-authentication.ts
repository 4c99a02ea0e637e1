/** Chapters 3.15 and 4.12: AUTH and enhanced authentication. */

import { hex, packet } from "../bytes/bytes.ts";
import { auth, publish, subscribe } from "../bytes/packets.ts";
import { P, type Property, property, rawProperties } from "../bytes/properties.ts";
import type { Client } from "../client/client.ts";
import { NotApplicable, type TestContext } from "../runner/context.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, subscriber } from "./common.ts";

const METHOD: Property = [P.authMethod, "CHALLENGE"];
const RIGHT: readonly Property[] = [METHOD, [P.authData, "right"]];
const WRONG: readonly Property[] = [METHOD, [P.authData, "wrong"]];
const secured = { profile: "secured" } as const;

/** A client that was asked a question. */
async function challenged(t: TestContext, more: Parameters<TestContext["try"]>[0] = {}): Promise<Client> {
  const client = await t.try({ props: [METHOD], ...more });
  const question = await client.next().catch(() => undefined);
  if (question?.name !== "auth") throw new NotApplicable("the broker has no enhanced authentication");
  t.equal([question.code, question.prop(P.authMethod)], [0x18, "CHALLENGE"], "AUTH");
  return client;
}

/** A client that answered right. */
async function authenticated(t: TestContext, more: Parameters<TestContext["try"]>[0] = {}): Promise<Client> {
  const client = await challenged(t, more);
  client.send(auth(0x18, RIGHT));
  client.connack = await client.next();
  t.equal([client.connack.name, client.connack.code], ["connack", 0], "answer");
  t.equal(client.connack.prop(P.authMethod), "CHALLENGE", "method in CONNACK");
  return client;
}

export const authentication: TestCase[] = chapter("3.15 and 4.12 AUTH, enhanced authentication", (test) => {
  test("refuses methods that it does not know", { v5: "4.12.0-1" }, async (t) => {
    const client = await t.try({ props: [[P.authMethod, "NO-SUCH"]] });
    const last = await client.refused(0x8c, 0x87);
    if (t.ours) t.equal(last?.code, 0x8c, "CONNACK");
  });

  test(
    "refuses methods that it does not know, though it has others",
    { v5: "4.12.0-1" },
    async (t) => {
      await t.refuse({ props: [[P.authMethod, "NO-SUCH"]] }, 0x8c, 0x87);
      await t.refuse({ props: [[P.authMethod, "NO-SUCH"]], user: "user", password: "secret" }, 0x8c, 0x87);
    },
    secured,
  );

  test(
    "asks with AUTH and accepts a right answer",
    { v5: "4.12.0-2 4.12.0-3 4.12.0-5 3.15.2-1 3.2.0-1 3.2.0-2" },
    async (t) => {
      const client = await authenticated(t);
      await client.ping();
      t.equal(client.inbox.length, 0, "packets after CONNACK");
    },
    secured,
  );

  test(
    "refuses a wrong answer",
    { v5: "4.12.0-4 3.14.0-1" },
    async (t) => {
      const client = await challenged(t);
      client.send(auth(0x18, WRONG));
      await client.refused(0x87, 0x86, 0x80);
    },
    secured,
  );

  test(
    "refuses answers that are no AUTH 0x18",
    { v5: "4.12.0-3 4.12.0-5 G20-3" },
    async (t) => {
      const wrong = [
        auth(0x19, RIGHT),
        auth(0x00, RIGHT),
        auth(0x18, [
          [P.authMethod, "OTHER"],
          [P.authData, "right"],
        ]),
        auth(0x18, [[P.authData, "right"]]),
        auth(0x18, []),
        hex("f0 00"),
      ];
      await each(wrong, async (bad) => {
        const client = await challenged(t);
        client.send(bad);
        await client.refused(...FAULTS, 0x8c, 0x87);
      });
    },
    secured,
  );

  test(
    "takes nothing but AUTH and DISCONNECT before CONNACK",
    { v5: "3.1.2-30 3.14.0-1 3.2.0-1" },
    async (t) => {
      const watcher = await subscriber(t, t.topic, { user: "user", password: "secret" });
      await each(
        [publish(5, t.topic, "x", { retain: true }), subscribe(5, 1, [[t.topic, 0]]), hex("c0 00"), hex("40 02 0001")],
        async (bad) => {
          const client = await challenged(t);
          client.send(bad);
          await client.refused(...FAULTS);
        },
      );
      await watcher.quiet();
      const leaving = await challenged(t);
      leaving.send(hex("e0 00"));
      await leaving.closed();
    },
    secured,
  );

  test("speaks of no authentication to those who did not begin it", { v5: "4.12.0-6" }, async (t) => {
    const client = await t.connect();
    t.equal([client.connack?.prop(P.authMethod), client.connack?.prop(P.authData)], [undefined, undefined], "CONNACK");
    await client.ping();
  });

  test("refuses AUTH from those who did not begin it", { v5: "4.12.0-7 3.15.2-1" }, async (t) => {
    await each([0x18, 0x19, 0x00], (code) => fatal(t, auth(code, RIGHT), [...FAULTS, 0x8c]));
  });

  test("refuses AUTH of 3.1.1 clients", { v4: "2.2.2-2 4.8.0-1" }, async (t) => {
    await fatal(t, hex("f0 00"));
    await fatal(t, auth(0x19, RIGHT));
  });

  test(
    "refuses reserved flags of AUTH",
    { v5: "3.15.1-1 2.1.3-1" },
    async (t) => {
      const client = await authenticated(t);
      client.send(packet(0xf1, 0x19, rawProperties(property(P.authMethod, "CHALLENGE"))));
      await client.refused(...FAULTS);
    },
    secured,
  );

  test(
    "refuses codes that a client may not send",
    { v5: "3.15.2-1" },
    async (t) => {
      await each([0x00, 0x55, 0x80], async (code) => {
        const client = await authenticated(t);
        client.send(auth(code, RIGHT));
        await client.refused(...FAULTS);
      });
    },
    secured,
  );

  test(
    "refuses AUTH without a method, and the empty form",
    { v5: "G21-3 G20-3 4.12.0-5" },
    async (t) => {
      await each([hex("f0 00"), hex("f0 01 19"), auth(0x19, []), auth(0x19, [[P.authData, "x"]])], async (bad) => {
        const client = await authenticated(t);
        client.send(bad);
        await client.refused(...FAULTS);
      });
    },
    secured,
  );

  test(
    "keeps AUTH within the client's maximum packet size",
    { v5: "3.15.2-2 3.15.2-3 3.1.2-24" },
    async (t) => {
      const client = await authenticated(t, { maximumPacketSize: 64 });
      client.send(auth(0x19, RIGHT));
      t.ok((await client.take("auth")).size <= 64, "size of AUTH");
    },
    secured,
  );

  test(
    "authenticates again while other traffic goes on",
    { v5: "4.12.1-1 3.15.2-1 3.2.0-2 4.12.0-5" },
    async (t) => {
      const client = await authenticated(t);
      await client.subscribe(t.topic);
      for (let round = 0; round < 2; round++) {
        client.send(auth(0x19, [METHOD]));
        const question = await client.take("auth");
        t.equal([question.code, question.prop(P.authMethod)], [0x18, "CHALLENGE"], "AUTH");
        await client.publish(t.topic, "x", { qos: 1 });
        t.equal((await client.message()).text, "x", "message in between");
        client.send(auth(0x18, RIGHT));
        t.equal((await client.take("auth")).code, 0, "AUTH at the end");
        await client.ping();
      }
    },
    secured,
  );

  test(
    "refuses to authenticate again by another method, or out of turn",
    { v5: "4.12.1-1" },
    async (t) => {
      const other = await authenticated(t);
      other.send(auth(0x19, [[P.authMethod, "OTHER"]]));
      await other.refused(...FAULTS, 0x8c, 0x87);
      const early = await authenticated(t);
      early.send(auth(0x18, RIGHT));
      await early.refused(...FAULTS);
      const twice = await authenticated(t);
      twice.send(auth(0x19, [METHOD]), auth(0x19, [METHOD]));
      await twice.refused(...FAULTS);
    },
    secured,
  );

  test(
    "ends the connection, with the will, when authenticating again fails",
    { v5: "4.12.1-2 4.13.2-1" },
    async (t) => {
      const watcher = await subscriber(t, t.topic, { user: "user", password: "secret" });
      const client = await authenticated(t, { will: { topic: t.topic, payload: "will" } });
      client.send(auth(0x19, [METHOD]));
      await client.take("auth");
      client.send(auth(0x18, WRONG));
      const last = await client.refused(0x87, 0x80, 0x83);
      if (t.ours) t.equal(last?.code, 0x87, "DISCONNECT");
      t.equal((await watcher.message()).text, "will", "will");
    },
    secured,
  );
});
