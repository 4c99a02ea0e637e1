/** A packet as a trace shows it: what it says, without passwords, and without payload unless that is asked for. */

import { PACKET_TYPE_NAMES, type Packet } from "@gmqtt/broker";
import type { TraceEventSchema } from "../gen/gmqtt/admin/api/trace_pb.ts";
import type { Init } from "../services/protobuf-service.ts";

/** What of an event the packet says. */
export type PacketFields = Init<typeof TraceEventSchema>;

/** `topic`: of a PUBLISH, an alias resolved. */
export function describePacket(packet: Packet, topic: string, showPayload: boolean): PacketFields {
  const { properties } = packet as { readonly properties?: object };
  return {
    packet: PACKET_TYPE_NAMES[packet.type] ?? "",
    packetId: "packetId" in packet ? packet.packetId : 0,
    reasonCodes: reasonCodesOf(packet),
    properties: properties === undefined ? "" : JSON.stringify(properties, showBytes),
    ...contentOf(packet, topic, showPayload),
  };
}

function contentOf(packet: Packet, topic: string, showPayload: boolean): PacketFields {
  switch (packet.type) {
    case 3:
      return {
        topicName: topic,
        qos: packet.qos,
        retained: packet.retain,
        dup: packet.dup,
        payloadLength: packet.payload.length,
        payload: showPayload ? Uint8Array.from(packet.payload) : new Uint8Array(),
      };
    case 8:
      return { topicFilters: packet.subscriptions.map(({ filter }) => filter), qos: highestQoS(packet.subscriptions) };
    case 10:
      return { topicFilters: [...packet.filters] };
    default:
      return {};
  }
}

function highestQoS(subscriptions: readonly { readonly qos: number }[]): number {
  return Math.max(0, ...subscriptions.map(({ qos }) => qos));
}

function reasonCodesOf(packet: Packet): number[] {
  const { reasonCode, reasonCodes } = packet as {
    readonly reasonCode?: number;
    readonly reasonCodes?: readonly number[];
  };
  return reasonCodes === undefined ? (reasonCode === undefined ? [] : [reasonCode]) : [...reasonCodes];
}

/** Bytes as their number: authentication data is a secret, and so may correlation data be. */
function showBytes(_key: string, value: unknown): unknown {
  const isBuffer = typeof value === "object" && value !== null && (value as { type?: unknown }).type === "Buffer";
  if (isBuffer) return `${(value as { data: readonly number[] }).data.length} bytes`; // Buffers come here as their JSON
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}
