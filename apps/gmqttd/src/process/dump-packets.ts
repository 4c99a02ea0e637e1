/** `log.dump_packet`: every packet of every client in the log, at level debug, without payloads and passwords. */

import {
  type Broker,
  type ClientOptions,
  type LogConfig,
  PACKET_TYPE_NAMES,
  type Packet,
  type TransportInfo,
} from "@gmqtt/broker";
import type { ProcessLogger } from "../log/logger.ts";

/** Starts and stops the dumping as the configuration says; to be called again whenever that may have changed. */
export type PacketDump = (config: LogConfig) => void;

/** Nothing is watched, and costs nothing, until the configuration asks for it. */
export function createPacketDump(broker: Broker, logger: ProcessLogger): PacketDump {
  let stop: (() => void) | undefined;
  return ({ dumpPacket, level }) => {
    const wanted = dumpPacket && level === "debug";
    if (!wanted) {
      stop?.();
      stop = undefined;
    } else {
      stop ??= broker.watchPackets((client, direction, packet) => {
        const version = packet.type === 1 ? packet.protocolVersion : client.protocolVersion;
        const fields = { ...nameOf(client), direction, ...(withoutSecrets(fieldsOf(packet, version)) as object) };
        logger.debug(fields, `packet ${PACKET_TYPE_NAMES[packet.type]}`);
      });
    }
  };
}

/** Before its CONNECT a client has no options yet. */
interface Watched {
  readonly options: ClientOptions | null;
  readonly connection: TransportInfo;
}

/** Until a client has an identifier, it is told from others by its address. */
function nameOf({ options, connection: { remoteAddress, remotePort } }: Watched): object {
  return options === null ? { remoteAddress: `${remoteAddress}:${remotePort}` } : { clientId: options.clientId };
}

/**
 * What is on the wire: the broker's own packets have properties for every version, and only 5.0 is sent them. A received
 * PUBLISH is a view of the bytes it came in; what it says is said by its getters.
 */
function fieldsOf(packet: Packet, version: number): object {
  if (packet.type === 3) {
    const { dup, qos, retain, topic, packetId, properties, payload } = packet;
    return { topic, qos, retain, dup, packetId, ...(version === 5 ? { properties } : {}), payload };
  }
  const { type: _, ...fields } = packet;
  if (version === 5 || !("properties" in fields)) return fields;
  const { properties: _unsent, ...rest } = fields;
  return rest;
}

/** Bytes become their number; what a password is, stays between client and broker. */
function withoutSecrets(value: unknown, key = ""): unknown {
  if (key === "password" && value !== undefined) return "(hidden)";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}
