/** Messages through the broker: pairs, many to one, one to many; in a closed loop or at a rate. */

import type { ProtocolVersion, PublishProperties } from "@gmqtt/packets";
import type { Client } from "./client.ts";
import { Desk, latencyFigures } from "./desk.ts";
import { openFleet } from "./fleet.ts";
import { OrderedLedger, UnorderedLedger } from "./ledger.ts";
import { pass, publishAtRate, settle } from "./pacing.ts";
import { PacketIds } from "./packet-ids.ts";
import { PublishTemplate } from "./publish-template.ts";
import { Publisher } from "./publisher.ts";
import { between, takeSnapshot } from "./snapshot.ts";
import type { LoadResult, Target, TrafficLoad } from "./spec.ts";
import { Turn } from "./turn.ts";
import { Window } from "./window.ts";

/** Room for packets without acknowledgement when nothing holds the publishers back. */
const OPEN_LOOP_IDS = 16_000;
const ALIAS = 1;
/** Seconds. */
const SESSION_EXPIRY = 3600;

export async function runTraffic(target: Target, load: TrafficLoad): Promise<LoadResult> {
  const run = (Date.now() ^ (process.pid << 16)) >>> 0;
  const turn = new Turn();
  const { publishers, shared, subscribers } = load;
  const ledger = shared ? new UnorderedLedger(publishers) : new OrderedLedger(subscribers, publishers);
  const desk = new Desk(run, ledger, turn);
  const subscribe = (client: Client): Promise<void> => {
    const identifier = load.subscriptionIdentifiers ? { subscriptionIdentifier: client.index + 1 } : {};
    return client.subscribe([filterOf(load, client.index)], load.qos, identifier);
  };
  await openFleet(target, subscribers, "subscriber", desk, turn, subscribe, load.persistent ? SESSION_EXPIRY : 0);
  const clients = await openFleet(target, publishers, "publisher", desk, turn);
  const fan = load.topology === "pairs" || shared ? 1 : subscribers;
  desk.publishers = clients.map((client) => {
    const ids = load.qos === 0 ? undefined : new PacketIds(load.rate > 0 ? OPEN_LOOP_IDS : load.window);
    return new Publisher(client, templates(load, client.index, target.version, run), new Window(load.window, fan), ids);
  });
  return measure(target, load, desk, fan);
}

async function measure({ pid }: Target, load: TrafficLoad, desk: Desk, fan: number): Promise<LoadResult> {
  const { rate, seconds, warmup } = load;
  const stop = rate > 0 ? publishAtRate(desk, rate) : pumped(desk);
  await pass(warmup * 1000, desk);
  const before = takeSnapshot(pid);
  desk.measuring = true;
  await pass(seconds * 1000, desk);
  desk.measuring = false;
  const after = takeSnapshot(pid);
  stop();
  await settle(desk);
  const figures = {
    sent: desk.sent,
    ...between(before, after, desk.latencies.count),
    ...latencyFigures(desk.latencies),
  };
  return { figures, faults: desk.faults(desk.sent * fan) };
}

function pumped(desk: Desk): () => void {
  desk.pump();
  return () => {
    desk.pumping = false;
  };
}

function topicOf({ topology }: TrafficLoad, publisher: number): string {
  return topology === "out" ? "bench/out" : `bench/${topology}/${publisher}`;
}

function filterOf({ shared, topology }: TrafficLoad, subscriber: number): string {
  const filter =
    topology === "in" ? "bench/in/+" : topology === "out" ? "bench/out" : `bench/${topology}/${subscriber}`;
  return shared ? `$share/group/${filter}` : filter;
}

/** The template of each message: where an alias is used, the first one gives it its meaning. */
function templates(
  load: TrafficLoad,
  publisher: number,
  version: ProtocolVersion,
  run: number,
): (sequence: number) => PublishTemplate {
  const { qos, size } = load;
  const userProperties = Array.from({ length: load.userProperties }, (_, index) => [`key-${index}`, "value"] as const);
  const make = (topic: string, alias: PublishProperties): PublishTemplate => {
    const properties = { ...(userProperties.length > 0 ? { userProperties } : {}), ...alias };
    return new PublishTemplate({ version, topic, qos, retain: false, size, properties }, run);
  };
  const topic = topicOf(load, publisher);
  const first = make(topic, load.topicAlias ? { topicAlias: ALIAS } : {});
  const later = load.topicAlias ? make("", { topicAlias: ALIAS }) : first;
  return (sequence) => (sequence === 0 ? first : later);
}
