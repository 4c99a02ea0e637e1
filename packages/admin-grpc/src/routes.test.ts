/** Every route once with success and with each of its errors; the answers stand in testing/golden. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminBroker, type RestInit, startAdmin } from "./testing/admin-broker.ts";

let admin: AdminBroker;
let answered: Promise<unknown>[] = [];

beforeAll(async () => {
  admin = await startAdmin({ section: { limits: { requests_per_second: 0 } }, config: { sys: { interval: 0 } } });
  const { broker } = admin;
  const away = await broker.connect({ clientId: "away", version: 5, properties: { sessionExpiryInterval: 60 } });
  await away.subscribe({ filter: "news/#", qos: 1 });
  await away.disconnect();
  const info = { remoteAddress: "192.0.2.7", remotePort: 40001, localAddress: "192.0.2.1", localPort: 1883 };
  const will = { topic: "gone/here", payload: "bye", qos: 1, properties: { willDelayInterval: 5 } } as const;
  const here = await broker.connect({ clientId: "here", version: 5, username: "alice", keepAlive: 30, will, info });
  await here.subscribe({ filter: "news/sport", qos: 2, noLocal: true });
  await here.subscribe("$share/team/jobs/+");
  await broker.connect({ clientId: "old/ä", version: 3, info: { remoteAddress: "2001:db8::7", remotePort: 5 } });
});
afterAll(async () => {
  await Promise.all(answered);
  await admin.stop();
});

/** Name of the golden file, route, and what is asked. They build upon each other, in this order. */
const requests: readonly [name: string, path: string, init?: RestInit][] = [
  ["clients-list", "/v1/clients"],
  ["clients-list-page", "/v1/clients?page_size=1&page=2"],
  ["clients-list-beyond", "/v1/clients?page=9"],
  ["clients-list-json-names", "/v1/clients?pageSize=1"],
  ["clients-list-not-a-number", "/v1/clients?page_size=many"],
  ["clients-list-negative", "/v1/clients?page_size=-1"],
  ["clients-list-unknown-parameter", "/v1/clients?page_sze=1"],
  ["clients-get", "/v1/clients/here"],
  ["clients-get-away", "/v1/clients/away"],
  ["clients-get-escaped", "/v1/clients/old%2F%C3%A4"],
  ["clients-get-unknown", "/v1/clients/nobody"],
  ["clients-get-broken-escape", "/v1/clients/%E0%A4"],
  ["sessions-get", "/v1/sessions/here"],
  ["sessions-get-away", "/v1/sessions/away"],
  ["sessions-get-unknown", "/v1/sessions/nobody"],
  ["subscriptions-list", "/v1/subscriptions"],
  ["subscriptions-list-page", "/v1/subscriptions?page_size=2&page=2"],
  ["filter-by-client", "/v1/filter_subscriptions?client_id=here"],
  ["filter-by-kind", "/v1/filter_subscriptions?filter_type=2,%203"],
  ["filter-by-name", "/v1/filter_subscriptions?topic_name=news/%23&match_type=SUB_MATCH_TYPE_MATCH_NAME"],
  ["filter-by-match", "/v1/filter_subscriptions?topic_name=news/sport&match_type=2&limit=1"],
  ["filter-wrong-kind", "/v1/filter_subscriptions?filter_type=4"],
  ["filter-without-match-type", "/v1/filter_subscriptions?topic_name=a"],
  ["filter-without-topic", "/v1/filter_subscriptions?match_type=1"],
  ["filter-negative-limit", "/v1/filter_subscriptions?limit=-1"],
  ["filter-unknown-match-type", "/v1/filter_subscriptions?topic_name=a&match_type=LIKE"],
  [
    "subscribe",
    "/v1/subscribe",
    {
      body: {
        client_id: "here",
        subscriptions: [
          { topic_name: "news/sport", qos: 1 },
          { topic_name: "$SYS/#", qos: 2, id: 7, no_local: true, retain_as_published: true, retain_handling: 2 },
        ],
      },
    },
  ],
  [
    "subscribe-unknown-client",
    "/v1/subscribe",
    { body: { client_id: "nobody", subscriptions: [{ topic_name: "a" }] } },
  ],
  ["subscribe-without-client", "/v1/subscribe", { body: { subscriptions: [{ topic_name: "a" }] } }],
  ["subscribe-nothing", "/v1/subscribe", { body: { client_id: "here" } }],
  ["subscribe-bad-filter", "/v1/subscribe", { body: { client_id: "here", subscriptions: [{ topic_name: "a/#/b" }] } }],
  ["subscribe-bad-qos", "/v1/subscribe", { body: { client_id: "here", subscriptions: [{ topic_name: "a", qos: 3 }] } }],
  [
    "subscribe-bad-id",
    "/v1/subscribe",
    { body: { client_id: "here", subscriptions: [{ topic_name: "a", id: 268435456 }] } },
  ],
  [
    "subscribe-bad-handling",
    "/v1/subscribe",
    { body: { client_id: "here", subscriptions: [{ topic_name: "a", retain_handling: 3 }] } },
  ],
  ["unsubscribe", "/v1/unsubscribe", { body: { client_id: "here", topics: ["$SYS/#", "never/there"] } }],
  ["unsubscribe-unknown-client", "/v1/unsubscribe", { body: { client_id: "nobody", topics: ["a"] } }],
  ["unsubscribe-without-client", "/v1/unsubscribe", { body: { topics: ["a"] } }],
  ["unsubscribe-nothing", "/v1/unsubscribe", { body: { client_id: "here" } }],
  [
    "publish",
    "/v1/publish",
    {
      body: {
        topic_name: "news/sport",
        payload: "goal",
        qos: 1,
        retained: true,
        content_type: "text/plain",
        correlation_data: "c1",
        message_expiry: 3600,
        payload_format: 1,
        response_topic: "answers",
        user_properties: [{ K: "YQ==", V: "Yg==" }],
      },
    },
  ],
  ["publish-to-nobody", "/v1/publish", { body: { topic_name: "nobody/listens" } }],
  ["publish-without-topic", "/v1/publish", { body: { payload: "x" } }],
  ["publish-bad-topic", "/v1/publish", { body: { topic_name: "a/+" } }],
  ["publish-sys-topic", "/v1/publish", { body: { topic_name: "$SYS/broker/version" } }],
  ["publish-bad-qos", "/v1/publish", { body: { topic_name: "a", qos: 3 } }],
  ["publish-bad-format", "/v1/publish", { body: { topic_name: "a", payload_format: 2 } }],
  ["publish-bad-response-topic", "/v1/publish", { body: { topic_name: "a", response_topic: "a/#" } }],
  ["publish-bad-property", "/v1/publish", { body: { topic_name: "a", user_properties: [{ K: "/w==", V: "" }] } }],
  ["publish-unknown-field", "/v1/publish", { body: { topic: "a" } }],
  ["publish-no-json", "/v1/publish", { body: "{topic_name" }],
  ["publish-no-object", "/v1/publish", { body: "[]" }],
  ["retained-list", "/v1/retained"],
  ["retained-list-filter", "/v1/retained?filter=news/%2B"],
  ["retained-list-none", "/v1/retained?filter=other/%23"],
  ["retained-list-bad-filter", "/v1/retained?filter=a%2B"],
  ["retained-get", "/v1/retained/news/sport"],
  ["retained-get-unknown", "/v1/retained/news/other"],
  ["retained-get-nothing", "/v1/retained/"],
  ["topics-root", "/v1/topics"],
  ["topics-below", "/v1/topics?prefix=news"],
  ["retained-delete", "/v1/retained/news/sport", { method: "DELETE" }],
  ["retained-delete-unknown", "/v1/retained/news/sport", { method: "DELETE" }],
  ["kick", "/v1/clients/old%2F%C3%A4/kick", { body: { reason: "maintenance" } }],
  ["kick-unknown", "/v1/clients/away/kick", { body: {} }],
  ["kick-bad-reason-code", "/v1/clients/here/kick", { body: { reason_code: 12 } }],
  ["clients-delete", "/v1/clients/here", { method: "DELETE" }],
  ["clients-delete-session", "/v1/clients/away?clean_session=true", { method: "DELETE" }],
  ["clients-delete-unknown", "/v1/clients/away", { method: "DELETE" }],
  ["clients-delete-no-boolean", "/v1/clients/away?clean_session=yes", { method: "DELETE" }],
  [
    "bans-create",
    "/v1/bans",
    { body: { kind: "BAN_KIND_ADDRESS", value: "198.51.100.0/24", reason: "scans", duration: 60 } },
  ],
  ["bans-create-user", "/v1/bans", { body: { kind: 2, value: "mallory" } }],
  ["bans-create-without-kind", "/v1/bans", { body: { value: "a" } }],
  ["bans-create-bad-address", "/v1/bans", { body: { kind: "BAN_KIND_ADDRESS", value: "198.51.100.0/33" } }],
  ["bans-create-without-value", "/v1/bans", { body: { kind: "BAN_KIND_CLIENT_ID" } }],
  ["bans-list", "/v1/bans"],
  ["bans-delete", "/v1/bans/BAN_KIND_ADDRESS/198.51.100.0/24", { method: "DELETE" }],
  ["bans-delete-unknown", "/v1/bans/BAN_KIND_ADDRESS/198.51.100.0/24", { method: "DELETE" }],
  ["log-level", "/v1/log_level"],
  ["log-level-unknown", "/v1/log_level", { method: "PUT", body: { level: "loud" } }],
  ["log-level-fixed", "/v1/log_level", { method: "PUT", body: { level: "debug" } }],
  ["trace-of-nothing", "/v1/trace"],
  ["trace-bad-filter", "/v1/trace?topic_filter=a%23"],
  ["explain-without-action", "/v1/explain"],
  ["explain-without-topic", "/v1/explain?action=ACTION_PUBLISH"],
  ["explain-bad-qos", "/v1/explain?action=ACTION_PUBLISH&topic_name=a&qos=3"],
  ["explain-publish", "/v1/explain?action=ACTION_PUBLISH&topic_name=a/b&client_id=x"],
  ["route-unknown", "/v1/nothing"],
  ["route-wrong-method", "/v1/clients", { method: "DELETE" }],
];

test.each(requests)("%s: %s answers as its golden file says", async (name, path, init) => {
  const asking = admin.rest(path, init);
  answered = [...answered, asking];
  const { json, status } = await asking;
  await expect(`${JSON.stringify({ status, json }, null, 2)}\n`).toMatchFileSnapshot(`./testing/golden/${name}.golden`);
});

test("server info has what does not change from run to run", async () => {
  const { json, status } = await admin.rest("/v1/server");
  expect(status).toBe(200);
  const { memory_bytes, node_version, process_id, version, ...rest } = json as Record<string, unknown>;
  expect([node_version, process_id, version]).toEqual([
    process.versions.node,
    process.pid,
    admin.broker.server.version,
  ]);
  expect(Number(memory_bytes)).toBeGreaterThan(1_000_000);
  expect(rest).toEqual({
    started_at: "2030-01-01T00:00:00Z",
    ready: true,
    reason: "ok",
    listeners: [],
    plugins: ["admin"],
    sessions: 0,
    clients: 0,
    subscriptions: 0,
    retained_messages: 0,
    retained_bytes: "0",
    queued_messages: "0",
    inflight_messages: "0",
  });
});

test("the effective configuration is shown with the keys of files", async () => {
  const { json } = await admin.rest("/v1/config");
  const { config } = json as { config: { mqtt: Record<string, unknown>; hook_timeout: string } };
  expect(config.mqtt.max_inflight).toBe(100);
  expect(config.hook_timeout).toBe("10s");
});

test("a wrong method is told which ones there are", async () => {
  const { headers, status } = await admin.rest("/v1/clients/a", { method: "PUT" });
  expect([status, headers.get("allow")]).toEqual([405, "GET, DELETE"]);
});
