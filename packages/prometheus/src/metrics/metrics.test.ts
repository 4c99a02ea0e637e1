/** Every metric of the broker moves when it should, by what it should, and when nothing else does. */

import { type AddressInfo, createServer } from "node:net";
import { MqttError, type Plugin, ReasonCode } from "@gmqtt/broker";
import { connectSocket, createSlowPersistence, openSocket } from "@gmqtt/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { changes, type ObservedBroker, startObserved } from "../../test/observed-broker.ts";

/** Does something and waits until the metrics have changed by what is expected, and by nothing else of the same names. */
async function moves(
  { values }: ObservedBroker,
  action: () => Promise<unknown>,
  expected: Record<string, number>,
): Promise<Record<string, number>> {
  const before = await values();
  await action();
  let moved: Record<string, number> = {};
  const names = new Set(Object.keys(expected).map(withoutLabels));
  await vi.waitFor(
    async () => {
      moved = changes(before, await values());
      const asked = Object.entries(moved).filter(([series]) => names.has(withoutLabels(series)));
      expect(Object.fromEntries(asked)).toEqual(expected);
    },
    { timeout: 5_000, interval: 20 },
  );
  for (const series of Object.keys(moved)) seen.add(nameOf(series));
  return moved;
}

function withoutLabels(series: string): string {
  return series.replace(/\{.*/, "");
}

function nameOf(series: string): string {
  return withoutLabels(series).replace(/_(bucket|sum|count)$/, "");
}

/** Names that moved in any test of this file. */
const seen = new Set<string>();

/** Decides by user name, in every way that a plugin can. */
const rules: Plugin = {
  name: "rules",
  load: () => {},
  unload: () => {},
  hookWrapper: () => ({
    onBasicAuth:
      () =>
      (_client, { connect, options }) => {
        if (connect.username === "refused") throw new MqttError(ReasonCode.NotAuthorized);
        if (connect.username === "failing") throw new TypeError("no such table");
        if (connect.username === "slow") return new Promise(() => {});
        if (connect.username === "absurd") options.maxInflight = 1n as never;
      },
  }),
};

const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe("the metrics of gmqtt", () => {
  it("tell of clients, sessions and packets", async () => {
    const observed = await startObserved();
    const { address } = observed;
    let client = await openSocket(address(), { version: 4 });
    await moves(
      observed,
      async () => {
        client = await connectSocket(address(), { version: 4, clientId: "c" });
      },
      {
        gmqtt_clients_connected_total: 1,
        gmqtt_sessions_created_total: 1,
        gmqtt_sessions_active_current: 1,
        'gmqtt_packets_received_total{type="CONNECT"}': 1,
        'gmqtt_packets_received_bytes_total{type="CONNECT"}': 15,
        'gmqtt_packets_sent_total{type="CONNACK"}': 1,
        'gmqtt_packets_sent_bytes_total{type="CONNACK"}': 4,
      },
    );
    await moves(observed, () => client.ping(), {
      'gmqtt_packets_received_total{type="PINGREQ"}': 1,
      'gmqtt_packets_sent_total{type="PINGRESP"}': 1,
    });
    await moves(observed, () => client.disconnect(), {
      gmqtt_clients_disconnected_total: 1,
      gmqtt_sessions_active_current: -1,
      'gmqtt_sessions_terminated_total{reason="normal"}': 1,
    });
  });

  it("tell sessions that wait, are taken over and expire apart", async () => {
    const observed = await startObserved();
    const { address } = observed;
    const first = await connectSocket(address(), { clientId: "s", ...lasting });
    await moves(observed, () => first.drop(), {
      gmqtt_sessions_inactive_current: 1,
      gmqtt_sessions_active_current: -1,
      gmqtt_clients_disconnected_total: 1,
    });
    await moves(observed, () => connectSocket(address(), { clientId: "s", cleanStart: true }), {
      gmqtt_sessions_inactive_current: -1,
      gmqtt_sessions_active_current: 1,
      gmqtt_sessions_created_total: 1,
      'gmqtt_sessions_terminated_total{reason="taken_over"}': 1,
    });
    const short = await connectSocket(address(), { clientId: "e", properties: { sessionExpiryInterval: 1 } });
    await moves(observed, () => short.drop(), {
      gmqtt_sessions_expired_total: 1,
      'gmqtt_sessions_terminated_total{reason="expired"}': 1,
    });
  });

  it("tell of messages by QoS, and of subscriptions", async () => {
    const observed = await startObserved();
    const client = await connectSocket(observed.address());
    await moves(observed, () => client.subscribe(["a", { filter: "b", qos: 1 }]), {
      gmqtt_subscriptions_current: 2,
      gmqtt_subscriptions_total: 2,
    });
    await moves(
      observed,
      async () => {
        await client.publish("a", "x", { qos: 0 });
        await client.publish("b", "x", { qos: 1 });
        await client.publish("b", "x", { qos: 2 });
        await client.publish("nobody", "x", { qos: 2 });
      },
      {
        'gmqtt_messages_received_total{qos="0"}': 1,
        'gmqtt_messages_received_total{qos="1"}': 1,
        'gmqtt_messages_received_total{qos="2"}': 2,
        'gmqtt_messages_sent_total{qos="0"}': 1,
        'gmqtt_messages_sent_total{qos="1"}': 2,
        gmqtt_publish_delivery_duration_seconds_count: 1,
      },
    );
    await moves(observed, () => client.unsubscribe("a"), { gmqtt_subscriptions_current: -1 });
  });

  it("tell what waits, what is dropped and which limit did it", async () => {
    const observed = await startObserved({
      config: { listeners: [{ address: "127.0.0.1:0" }], sys: { interval: 0 }, mqtt: { maxQueuedMessages: 3 } },
    });
    const { address } = observed;
    const slow = await connectSocket(address(), { clientId: "s", autoAck: false, ...lasting });
    await slow.subscribe([{ filter: "t", qos: 1 }]);
    const publisher = await connectSocket(address());
    await moves(observed, () => publisher.publish("t", "x", { qos: 1 }), { gmqtt_messages_inflight_current: 1 });
    await slow.next("publish");
    await moves(observed, () => slow.drop(), { gmqtt_sessions_inactive_current: 1 });
    await moves(observed, () => publisher.publish("t", "x", { qos: 1 }), { gmqtt_messages_queued_current: 1 });
    const publishTwo = async () => {
      await publisher.publish("t", "x", { qos: 1 });
      await publisher.publish("t", "x", { qos: 1 });
    };
    await moves(observed, publishTwo, {
      gmqtt_messages_queued_current: 1,
      'gmqtt_messages_dropped_total{qos="1"}': 1,
      'gmqtt_messages_dropped_by_reason_total{qos="1",reason="queue_full"}': 1,
      'gmqtt_limits_hit_total{limit="mqtt.max_queued_messages"}': 1,
    });
    await moves(observed, () => publisher.publish("kept", "four", { qos: 1, retain: true }), {
      gmqtt_retained_messages_current: 1,
      gmqtt_retained_bytes: 8,
    });
  });
});

describe("the metrics that gmqtt has not", () => {
  it("tell connections by listener and version, whether or not they say CONNECT", async () => {
    const listeners = [
      { address: "127.0.0.1:0", name: "lan" },
      { address: "127.0.0.1:0", name: "web", websocket: { path: "/" } },
    ];
    const observed = await startObserved({ config: { listeners, sys: { interval: 0 } } });
    const { address } = observed;
    await moves(observed, () => openSocket(address()), {
      gmqtt_connections_open_current: 1,
      gmqtt_connections_accepted_total: 1,
    });
    const connectAll = async () => {
      for (const version of [3, 4, 5] as const) await connectSocket(address(), { version, clientId: `v${version}` });
      await connectSocket(address(1), { version: 5, clientId: "web" });
    };
    await moves(observed, connectAll, {
      'gmqtt_connections_current{listener="lan",version="3.1"}': 1,
      'gmqtt_connections_current{listener="lan",version="3.1.1"}': 1,
      'gmqtt_connections_current{listener="lan",version="5.0"}': 1,
      'gmqtt_connections_current{listener="web",version="5.0"}': 1,
      gmqtt_connections_open_current: 4,
    });
    expect((await observed.values()).get('gmqtt_connections_current{listener="web",version="3.1"}')).toBe(0);
  });

  it("tell results of authentication, hooks that fail or take long, bugs, and how long hooks took", async () => {
    const observed = await startObserved({
      plugins: [rules],
      config: { listeners: [{ address: "127.0.0.1:0" }], sys: { interval: 0 }, hookTimeout: 30 },
    });
    const knock = (username: string) => async () => {
      const client = await openSocket(observed.address());
      client.sendConnect({ clientId: username, username });
    };
    const hookCount = 'gmqtt_hook_duration_seconds_count{plugin="rules",hook="onBasicAuth"}';
    const welcome = await moves(observed, knock("welcome"), { 'gmqtt_authentications_total{result="succeeded"}': 1 });
    expect(welcome[hookCount]).toBe(1);
    const refused = await moves(observed, knock("refused"), { 'gmqtt_authentications_total{result="failed"}': 1 });
    expect(refused[hookCount]).toBe(1);
    await moves(observed, knock("failing"), { gmqtt_hook_failures_total: 1 });
    await moves(observed, knock("slow"), { gmqtt_hook_timeouts_total: 1 });
    await moves(observed, knock("absurd"), { gmqtt_internal_errors_total: 1 });
  });

  it("tell what waits for the store, what waits to be sent, and how long the store takes", async () => {
    const store = createSlowPersistence();
    const observed = await startObserved({ persistence: store.connect() });
    const client = await connectSocket(observed.address(), lasting);
    store.hold();
    await moves(observed, async () => client.send("subscribe", { packetId: 1, subscriptions: [all] }), {
      gmqtt_store_pending_changes: 1,
      gmqtt_outbound_buffered_bytes: 6,
    });
    const released = await moves(observed, async () => store.release(), {
      gmqtt_store_pending_changes: -1,
      gmqtt_outbound_buffered_bytes: -6,
    });
    expect(released.gmqtt_store_commit_duration_seconds_count).toBe(1);
    await client.next("suback");
    await moves(observed, async () => store.setAvailable(false), { gmqtt_ready: -1, gmqtt_store_outages_total: 1 });
    const late = await openSocket(observed.address());
    await moves(observed, async () => late.sendConnect(lasting), { gmqtt_store_refusals_total: 1 });
    store.setAvailable(true);
  });

  it("have no label that a client can choose", async () => {
    const observed = await startObserved({ plugins: [rules] });
    const door = createServer((socket) => observed.broker.acceptStream(socket, { listener: "mark-listener" }));
    onTestFinished(() => void door.close());
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const { port } = door.address() as AddressInfo;
    const marked = { clientId: "mark-id", username: "mark-user", will: { topic: "mark/will" } };
    const client = await connectSocket(`mqtt://127.0.0.1:${port}`, { ...marked, ...lasting });
    await client.subscribe("mark/filter/#");
    await client.publish("mark/filter/topic", "mark-payload", { retain: true });
    await client.next("publish");
    expect((await observed.values()).get('gmqtt_connections_current{listener="other",version="5.0"}')).toBe(1);
    expect(await (await observed.get("/metrics")).text()).not.toContain("mark");
  });
});

const all = { filter: "#", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

it("every one of them has moved", async () => {
  const { values } = await startObserved();
  const declared = new Set([...(await values()).keys()].map(nameOf));
  expect([...declared].filter((name) => !seen.has(name))).toEqual(["gmqtt_info"]);
});
