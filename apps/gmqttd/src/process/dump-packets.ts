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
        const fields = { ...nameOf(client), direction, ...(withoutSecrets(fieldsOf(packet)) as object) };
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

/** A received PUBLISH is a view of the bytes it came in; what it says is said by its getters. */
function fieldsOf(packet: Packet): object {
  if (packet.type === 3) {
    const { dup, qos, retain, topic, packetId, properties, payload } = packet;
    return { topic, qos, retain, dup, packetId, properties, payload };
  }
  const { type: _, ...fields } = packet;
  return fields;
}

/** Bytes become their number; what a password is, stays between client and broker. */
function withoutSecrets(value: unknown, key = ""): unknown {
  if (key === "password" && value !== undefined) return "(hidden)";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item, name)]));
}
