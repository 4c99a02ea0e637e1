import {
  type ExplainAnswer,
  type ExplainQuestion,
  type HookWrapper,
  type Plugin,
  ReasonCode,
  type Server,
} from "@gmqtt/broker";
import { afterEach, describe, expect, test } from "vitest";
import { type AdminBroker, type AdminBrokerOptions, startAdmin } from "../testing/admin-broker.ts";

let admin: AdminBroker;
afterEach(() => admin.stop());

interface Answer {
  readonly decision: string;
  readonly reason_code: number;
  readonly qos: number;
  readonly steps: readonly { by: string; hook: string; decision: string; rule: string; reason_code: number }[];
  readonly receivers: readonly Record<string, unknown>[];
  readonly receiver_count: number;
}

async function explain(action: string, question: object = {}): Promise<Answer> {
  const { json, status } = await admin.rest("/v1/explain", { body: { action: `ACTION_${action}`, ...question } });
  expect(status, JSON.stringify(json)).toBe(200);
  return json as Answer;
}

const start = async (options: AdminBrokerOptions = {}): Promise<void> => {
  admin = await startAdmin({ ...options, config: { sys: { interval: 0 }, ...options.config } });
};

function plugin(
  name: string,
  hooks: HookWrapper,
  answer?: (question: ExplainQuestion) => ExplainAnswer | undefined,
  load: (server: Server) => void = () => {},
): Plugin {
  return {
    name,
    load,
    unload: () => {},
    hookWrapper: () => hooks,
    ...(answer === undefined ? {} : { explain: answer }),
  };
}

describe("which rule decides", () => {
  test("the ban that keeps a client out is named, and who made it", async () => {
    await start();
    await admin.rest("/v1/bans", { body: { kind: "BAN_KIND_ADDRESS", value: "192.0.2.0/24", reason: "scans" } });
    const { decision, reason_code, steps } = await explain("CONNECT", { client_id: "a", remote_addr: "192.0.2.7" });
    expect([decision, reason_code]).toEqual(["DECISION_DENY", 0x8a]);
    expect(steps.at(-1)).toEqual({
      by: "admin",
      hook: "onAccept, onBasicAuth, onEnhancedAuth",
      decision: "DECISION_DENY",
      rule: "address 192.0.2.0/24 is banned by anonymous: scans",
      reason_code: 0x8a,
    });
    expect((await explain("CONNECT", { client_id: "a", remote_addr: "192.0.3.7" })).decision).toBe("DECISION_ALLOW");
  });

  test.each([
    ["SUBSCRIBE", { topic_name: "a/#/b" }, 0x8f, "a/#/b is not a topic filter"],
    ["SUBSCRIBE", { topic_name: "a/#" }, 0xa2, "mqtt.wildcard_subscription_available is false"],
    ["SUBSCRIBE", { topic_name: "$share/g/a" }, 0x9e, "mqtt.shared_subscription_available is false"],
    ["SUBSCRIBE", { topic_name: "a/b/c/d" }, 0x8f, "limits.max_topic_levels is 3, this is 4"],
    ["PUBLISH", { topic_name: "a/+" }, 0x90, "a/+ is not a topic name"],
    ["PUBLISH", { topic_name: "$SYS/x" }, 0x87, "$SYS is the broker's own"],
    ["PUBLISH", { topic_name: "a", qos: 2 }, 0x9b, "mqtt.maximum_qos is 1"],
    ["PUBLISH", { topic_name: "a", retained: true }, 0x9a, "mqtt.retain_available is false"],
    ["CONNECT", {}, 0x85, "mqtt.allow_zero_length_clientid is false"],
    ["CONNECT", { client_id: "a" }, 0x97, "limits.max_sessions is 1, there are 1"],
  ])("%s %j is refused by the broker itself with %i: %s", async (action, question, reasonCode, rule) => {
    await start({
      config: {
        mqtt: {
          wildcardSubscriptionAvailable: false,
          sharedSubscriptionAvailable: false,
          retainAvailable: false,
          maximumQos: 1,
          allowZeroLengthClientid: false,
        },
        limits: { maxTopicLevels: 3, maxSessions: 1 },
      },
    });
    await admin.broker.connect({ clientId: "there" });
    const { decision, reason_code, receivers, steps } = await explain(action, question);
    expect([decision, reason_code, receivers]).toEqual(["DECISION_DENY", reasonCode, []]);
    expect(steps.at(-1)).toMatchObject({ by: "broker", decision: "DECISION_DENY", rule });
  });

  test("every check of the broker stands in the answer, with the value it looked at", async () => {
    await start();
    await admin.broker.connect({ clientId: "c", version: 5 });
    const { steps } = await explain("SUBSCRIBE", { client_id: "c", topic_name: "$share/g/a/#" });
    expect(steps.map(({ by, rule }) => `${by}: ${rule}`)).toEqual([
      "broker: $share/g/a/# is a topic filter",
      "broker: limits.max_topic_length is 65535, this is 12",
      "broker: limits.max_topic_levels is 128, this is 4",
      "broker: mqtt.wildcard_subscription_available is true for this connection",
      "broker: mqtt.shared_subscription_available is true for this connection",
      "broker: limits.max_subscriptions_per_client is 100000, there are 0",
    ]);
  });

  test("plugins are asked in the order of their hooks, up to the refusal; those with no part are not named", async () => {
    const onSubscribe: HookWrapper = { onSubscribe: (next) => next };
    const asked: ExplainQuestion[] = [];
    const acl = plugin("acl", onSubscribe, (question) => {
      asked.push(question);
      if (question.topic === "secret")
        return { decision: "deny", rule: "rule 2", reasonCode: ReasonCode.NotAuthorized };
      return question.topic === "low" ? { decision: "allow", rule: "rule 1", maximumQoS: 1 } : undefined;
    });
    const silent = plugin("silent", onSubscribe);
    const failing = plugin("failing", onSubscribe, () => {
      throw new Error("broken");
    });
    await start({ plugins: [acl, plugin("none", {}), silent, failing] });
    const info = { remoteAddress: "192.0.2.7" };
    await admin.broker.connect({ clientId: "c", username: "ann", info });

    const denied = await explain("SUBSCRIBE", { client_id: "c", topic_name: "secret" });
    expect([denied.decision, denied.reason_code]).toEqual(["DECISION_DENY", 0x87]);
    expect(denied.steps.filter(({ by }) => by !== "broker")).toEqual([
      { by: "acl", hook: "onSubscribe", decision: "DECISION_DENY", rule: "rule 2", reason_code: 0x87 },
    ]);
    expect(asked[0]).toMatchObject({
      action: "subscribe",
      username: "ann",
      remoteAddress: "192.0.2.7",
      topic: "secret",
    });

    const lowered = await explain("SUBSCRIBE", { client_id: "c", topic_name: "low", qos: 2 });
    expect([lowered.decision, lowered.qos]).toEqual(["DECISION_UNKNOWN", 1]);
    expect(
      lowered.steps.filter(({ by }) => by !== "broker").map(({ by, decision, rule }) => [by, decision, rule]),
    ).toEqual([
      ["acl", "DECISION_ALLOW", "rule 1"],
      ["silent", "DECISION_UNKNOWN", "takes part and does not explain itself"],
      ["failing", "DECISION_UNKNOWN", "failed to explain itself"],
    ]);
    const free = await explain("SUBSCRIBE", { client_id: "c", topic_name: "free" });
    expect(free.steps.find(({ by }) => by === "acl")?.rule).toBe("no rule concerns it");
  });
});

/** What Explain says, held against what the broker then does. */
async function compare(question: {
  client_id: string;
  topic_name: string;
  qos?: number;
  retained?: boolean;
}): Promise<Answer> {
  const answer = await explain("PUBLISH", question);
  const before = new Map(clients.map((client) => [client.clientId, client.unread.length]));
  const publisher = clients.find(({ clientId }) => clientId === question.client_id);
  const { qos = 0, retained: retain = false } = question;
  await publisher?.publish(question.topic_name, "x", { qos: qos as 0 | 1 | 2, retain });
  await admin.broker.idle();
  for (const client of clients) {
    const got = client.unread.slice(before.get(client.clientId)).filter(({ type }) => type === 3);
    const said = answer.receivers.filter(
      ({ client_id, delivered }) => client_id === client.clientId && delivered === true,
    );
    const shown = got.map((packet) => {
      const {
        properties,
        qos: gotQos,
        retain: gotRetain,
      } = packet as unknown as { properties?: { subscriptionIdentifiers?: number[] }; qos: number; retain: boolean };
      return { qos: gotQos, retained: gotRetain, subscription_identifiers: properties?.subscriptionIdentifiers ?? [] };
    });
    const expected = said.map(({ qos: saidQos, retained, subscription_identifiers }) => ({
      qos: saidQos,
      retained,
      subscription_identifiers,
    }));
    expect(shown, client.clientId).toEqual(expected);
  }
  return answer;
}

type TestClient = Awaited<ReturnType<AdminBroker["broker"]["connect"]>>;
let clients: TestClient[] = [];

async function connect(...names: readonly string[]): Promise<TestClient[]> {
  clients = await Promise.all(names.map((clientId) => admin.broker.connect({ clientId, version: 5 })));
  return clients;
}

describe("who would get a message", () => {
  test("filters, QoS, identifiers and flags are those that it then comes with", async () => {
    await start();
    const [pub, one, two] = (await connect("pub", "one", "two")) as [TestClient, TestClient, TestClient];
    await pub.subscribe({ filter: "a/#", noLocal: true });
    await one.subscribe({ filter: "a/+", qos: 1, retainAsPublished: true }, { subscriptionIdentifier: 3 });
    await one.subscribe({ filter: "a/b", qos: 2 }, { subscriptionIdentifier: 4 });
    await two.subscribe("a/b");
    const { receiver_count, receivers } = await compare({
      client_id: "pub",
      topic_name: "a/b",
      qos: 2,
      retained: true,
    });
    expect(receiver_count).toBe(3);
    expect(receivers.map(({ client_id, why }) => [client_id, why]).sort()).toEqual([
      ["one", "subscribed 2 times, gets one copy; sent at once"],
      ["pub", "its own message, and the subscription is No Local"],
      ["two", "subscribed; QoS lowered from 2 to 0; sent at once"],
    ]);
    expect(receivers.find(({ client_id }) => client_id === "one")).toMatchObject({
      granted_qos: 2,
      qos: 2,
      retained: true,
    });
    await compare({ client_id: "two", topic_name: "a/b", qos: 1 });
    await compare({ client_id: "two", topic_name: "nowhere" });
  });

  test("with delivery mode overlap there is a copy for each subscription", async () => {
    await start({ config: { mqtt: { deliveryMode: "overlap" } } });
    const [pub, one] = (await connect("pub", "one")) as [TestClient, TestClient];
    await one.subscribe("a/+");
    await one.subscribe("a/b");
    await pub.subscribe({ filter: "a/b", noLocal: true });
    const { receivers } = await compare({ client_id: "pub", topic_name: "a/b" });
    expect(receivers.map(({ client_id, delivered }) => `${client_id} ${delivered}`).sort()).toEqual([
      "one true",
      "one true",
      "pub false",
    ]);
  });

  test("the member of a shared subscription whose turn it is is named, and asking passes nobody's turn", async () => {
    await start();
    const [, ...members] = await connect("pub", "m1", "m2", "m3");
    for (const member of members) await member.subscribe("$share/team/jobs");
    const picked: unknown[] = [];
    for (let round = 0; round < 4; round++) {
      await explain("PUBLISH", { client_id: "pub", topic_name: "jobs" });
      const { receivers } = await compare({ client_id: "pub", topic_name: "jobs" });
      expect(receivers).toMatchObject([
        { shared_filter: "$share/team/jobs", why: "picked of 3 members of $share/team/jobs; sent at once" },
      ]);
      picked.push(receivers[0]?.client_id);
    }
    expect(picked).toEqual(["m1", "m2", "m3", "m1"]);
  });

  test("for who is away the message is kept, if it is of a kind that is kept", async () => {
    await start({ config: { mqtt: { queueQos0Messages: false, maxQueuedMessages: 1 } } });
    const properties = { sessionExpiryInterval: 60 };
    const away = await admin.broker.connect({ clientId: "away", version: 5, properties });
    await away.subscribe({ filter: "a", qos: 1 });
    await away.disconnect();
    const whys: unknown[] = [];
    const [pub] = (await connect("pub")) as [TestClient];
    for (const qos of [0, 1]) whys.push((await explain("PUBLISH", { topic_name: "a", qos })).receivers[0]?.why);
    await pub.publish("a", "x", { qos: 1 });
    whys.push((await explain("PUBLISH", { topic_name: "a", qos: 1 })).receivers[0]?.why);
    expect(whys).toEqual([
      "subscribed; it is away, and mqtt.queue_qos0_messages is false",
      "subscribed; it is away: kept in its queue",
      "subscribed; it is away: kept in its queue, which is full: 1 of 1",
    ]);
  });

  test("for who does not acknowledge it is kept too", async () => {
    await start({ config: { mqtt: { maxInflight: 1 } } });
    const slow = await admin.broker.connect({ clientId: "slow", version: 5, autoAck: false });
    await slow.subscribe({ filter: "a", qos: 1 });
    const [pub] = (await connect("pub")) as [TestClient];
    await pub.publish("a", "x", { qos: 1 });
    const { receivers } = await explain("PUBLISH", { topic_name: "a", qos: 1 });
    expect(receivers[0]?.why).toBe("subscribed; 1 messages wait for its acknowledgement: kept in its queue");
  });

  test("what a plugin withholds or lowers is said, with the plugin's rule", async () => {
    const filter = (server: Server): void => {
      server.filterDeliveries((clientId) => (clientId === "low" ? 0 : clientId.startsWith("no") ? undefined : 2));
    };
    const acl = plugin(
      "acl",
      {},
      ({ action, clientId }) => {
        return action === "receive" && clientId === "no" ? { decision: "deny", rule: "rule 7" } : undefined;
      },
      filter,
    );
    await start({ plugins: [acl] });
    const [, no, nobody, low] = (await connect("pub", "no", "nobody", "low")) as TestClient[];
    for (const client of [no, nobody, low]) await client?.subscribe({ filter: "a", qos: 1 });
    await nobody?.subscribe("$share/g/a");
    const { receivers } = await compare({ client_id: "pub", topic_name: "a", qos: 1 });
    expect(receivers.map(({ client_id, delivered, why }) => [client_id, delivered, why]).sort()).toEqual([
      ["", false, "none of 1 members may get it"],
      ["low", true, "subscribed; QoS lowered from 1 to 0; sent at once"],
      ["no", false, "withheld by acl: rule 7"],
      ["nobody", false, "withheld by a plugin"],
    ]);
  });
});
