/** What a client asks for and waits for the answer to: publish, subscribe, unsubscribe. */

import type { PublishProperties, QoS, SubscriptionRequest } from "@gmqtt/packets";
import { toBytes } from "./connect-options.ts";
import type { PacketsByName } from "./packets.ts";
import type { TestClient } from "./test-client.ts";

/** How a message is published. */
export interface PublishOptions {
  /** Default: 0. */
  readonly qos?: QoS;
  /** Default: false. */
  readonly retain?: boolean;
  /** Default: false. */
  readonly dup?: boolean;
  /** Default: the client's next one. */
  readonly packetId?: number;
  readonly properties?: PublishProperties;
}

/** What ended the exchange; undefined for QoS 0. */
export type PublishResult = PacketsByName["puback" | "pubrec" | "pubcomp"] | undefined;

/** A filter alone (QoS 0), or with options; what is left out takes the standard's default. */
export type FilterOptions = string | (Partial<SubscriptionRequest> & Pick<SubscriptionRequest, "filter">);

/** Publishes and goes through the acknowledgement of its QoS. */
export async function publish(
  client: TestClient,
  topic: string,
  payload: string | Uint8Array,
  options: PublishOptions,
): Promise<PublishResult> {
  const { qos = 0, retain = false, dup = false, properties } = options;
  const packetId = qos === 0 ? 0 : (options.packetId ?? client.nextPacketId());
  const given = properties === undefined ? {} : { properties };
  client.send("publish", { topic, payload: toBytes(payload), qos, retain, dup, packetId, ...given });
  if (qos === 0) return undefined;
  const answer = await client.find(["puback", "pubrec"], (packet) => packet.packetId === packetId);
  if (answer.type === 4 || answer.reasonCode >= 0x80) return answer;
  client.send("pubrel", { packetId });
  return await client.find("pubcomp", (packet) => packet.packetId === packetId);
}

/** Subscribes and waits for the SUBACK. */
export async function subscribe(
  client: TestClient,
  filters: FilterOptions | readonly FilterOptions[],
  properties: PacketsByName["subscribe"]["properties"],
): Promise<PacketsByName["suback"]> {
  const packetId = client.nextPacketId();
  const subscriptions = (isList(filters) ? filters : [filters]).map(completeFilter);
  client.send("subscribe", { packetId, subscriptions, ...(properties === undefined ? {} : { properties }) });
  return await client.find("suback", (packet) => packet.packetId === packetId);
}

/** Unsubscribes and waits for the UNSUBACK. */
export async function unsubscribe(client: TestClient, filters: readonly string[]): Promise<PacketsByName["unsuback"]> {
  const packetId = client.nextPacketId();
  client.send("unsubscribe", { packetId, filters });
  return await client.find("unsuback", (packet) => packet.packetId === packetId);
}

function isList(filters: FilterOptions | readonly FilterOptions[]): filters is readonly FilterOptions[] {
  return Array.isArray(filters);
}

function completeFilter(options: FilterOptions): SubscriptionRequest {
  const given = typeof options === "string" ? { filter: options } : options;
  return { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...given };
}
