/** Watches the packets of a client or a topic and hands them to a reader. */

import { type Client, isValidTopicFilter, type Packet, type Server, topicMatches } from "@gmqtt/broker";
import { PacketDirection, type TraceEventSchema } from "../gen/gmqtt/admin/api/trace_pb.ts";
import { hostAndPort } from "../services/client.ts";
import { timestamp } from "../services/numbers.ts";
import type { Init } from "../services/protobuf-service.ts";
import { describePacket } from "./describe-packet.ts";
import { EventBuffer } from "./event-buffer.ts";

/** What is watched. */
export interface TraceOptions {
  /** "": all clients. */
  readonly clientId: string;
  /** "": all packets. */
  readonly topicFilter: string;
  readonly showPayload: boolean;
}

/** An event as it goes to the reader. */
export type TraceEventInit = Init<typeof TraceEventSchema>;

/** Events that wait for a slow reader at most. */
const BUFFERED = 1000;

/** Watches until `stop` aborts or the iteration ends. */
export async function* trace(
  server: Server,
  options: TraceOptions,
  stop: AbortSignal,
): AsyncGenerator<TraceEventInit, void, undefined> {
  const buffer = new EventBuffer<TraceEventInit>(BUFFERED);
  const aliases = new Aliases();
  const unwatch = server.watchPackets((client, direction, packet) => {
    if (options.clientId !== "" && identifierOf(client, packet) !== options.clientId) return;
    const topic = packet.type === 3 ? aliases.resolve(client, direction, packet) : "";
    if (options.topicFilter !== "" && !concerns(packet, topic, options.topicFilter)) return;
    buffer.push((missed) => ({
      ...describePacket(packet, topic, options.showPayload),
      time: timestamp(server.clock.now()),
      clientId: identifierOf(client, packet),
      remoteAddr: hostAndPort(client.connection.remoteAddress, client.connection.remotePort),
      direction: direction === "in" ? PacketDirection.IN : PacketDirection.OUT,
      missed,
    }));
  });
  const end = (): void => buffer.end();
  stop.addEventListener("abort", end, { once: true });
  if (stop.aborted) end();
  try {
    yield* buffer;
  } finally {
    stop.removeEventListener("abort", end);
    unwatch();
  }
}

/** Before its CONNECT was taken a client has no options; the CONNECT itself says who it is. */
function identifierOf(client: Client, packet: Packet): string {
  const { options } = client as { readonly options: Client["options"] | null };
  if (packet.type === 1 && packet.clientId !== "") return packet.clientId;
  return options?.clientId ?? "";
}

/** Whether a packet carries the topic, or subscribes to it. */
function concerns(packet: Packet, topic: string, filter: string): boolean {
  switch (packet.type) {
    case 3:
      return topic !== "" && topicMatches(filter, topic);
    case 8:
      return packet.subscriptions.some((subscription) => overlaps(subscription.filter, filter));
    case 10:
      return packet.filters.some((other) => overlaps(other, filter));
    default:
      return false;
  }
}

/** Whether either holds the other: who subscribes to `#` has to do with `a/b`, too. */
function overlaps(one: string, other: string): boolean {
  return one === other || (isValidTopicFilter(one) && (topicMatches(other, one) || topicMatches(one, other)));
}

/** The topics that aliases stand for, as far as they were set while watching; per connection and direction. */
class Aliases {
  readonly #topics: WeakMap<Client, Map<string, string>> = new WeakMap();

  resolve(
    client: Client,
    direction: "in" | "out",
    {
      properties,
      topic,
    }: { readonly topic: string; readonly properties?: { topicAlias?: number | undefined } | undefined },
  ): string {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    const topics = this.#topics.get(client) ?? new Map<string, string>();
    this.#topics.set(client, topics);
    const key = `${direction} ${alias}`;
    if (topic !== "") topics.set(key, topic);
    return topics.get(key) ?? "";
  }
}
