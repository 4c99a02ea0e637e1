/** The fixed header: which first byte may come from whom in which version, and the remaining length (sections 2.1.1 to 2.1.4). */
import { ProtocolError } from "./errors.ts";
import { PacketType, type ProtocolVersion, packetTypeName, type Sender } from "./packet-type.ts";
import { ReasonCode } from "./reason-code.ts";

/** The most bytes a fixed header has. */
export const LONGEST_FIXED_HEADER = 5;
/** The largest packet there can be: remaining length 268,435,455 and its header. */
export const LARGEST_PACKET = 268_435_460;

const CLIENT_ONLY: readonly number[] = [
  PacketType.Connect,
  PacketType.Subscribe,
  PacketType.Unsubscribe,
  PacketType.Pingreq,
];
const SERVER_ONLY: readonly number[] = [
  PacketType.Connack,
  PacketType.Suback,
  PacketType.Unsuback,
  PacketType.Pingresp,
];

/**
 * Says why a first byte is refused; `undefined`: it may come. An unknown version lets only CONNECT through, which has to be
 * the first packet of a client [MQTT-3.1.0-1].
 */
export function checkFirstByte(
  first: number,
  version: ProtocolVersion | undefined,
  from: Sender,
): ProtocolError | undefined {
  const type = first >> 4;
  const flags = first & 0x0f;
  const name = packetTypeName(type);
  if (type === 0 || (type === PacketType.Auth && version !== undefined && version !== 5)) {
    return new ProtocolError(ReasonCode.MalformedPacket, `${name} does not exist in this protocol version`);
  }
  if (version === undefined && type !== PacketType.Connect) {
    return new ProtocolError(ReasonCode.ProtocolError, `first packet is ${name}, not CONNECT`);
  }
  if (!maySend(type, version, from)) {
    return new ProtocolError(ReasonCode.ProtocolError, `${name} must not come from a ${from}`);
  }
  if (!areFlagsValid(type, flags, version)) {
    return new ProtocolError(ReasonCode.MalformedPacket, `${name} has invalid flags 0x${flags.toString(16)}`);
  }
  return undefined;
}

function maySend(type: number, version: ProtocolVersion | undefined, from: Sender): boolean {
  if (from === "client") return !SERVER_ONLY.includes(type);
  return !CLIENT_ONLY.includes(type) && (type !== PacketType.Disconnect || version === 5);
}

/** Reserved flags are fixed [MQTT-2.1.3-1]; 3.1 also knows DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE. */
function areFlagsValid(type: number, flags: number, version: ProtocolVersion | undefined): boolean {
  switch (type) {
    case PacketType.Publish:
      if ((flags & 0x06) === 0x06) return false; // QoS 3 [MQTT-3.3.1-4]
      return version === 3 || (flags & 0x0e) !== 0x08; // DUP at QoS 0 [MQTT-3.3.1-2]
    case PacketType.Pubrel:
    case PacketType.Subscribe:
    case PacketType.Unsubscribe:
      return flags === 0x02 || (version === 3 && flags === 0x0a);
    default:
      return flags === 0;
  }
}

/** For each first byte 1 when it may come. */
export type FirstByteTable = Uint8Array;

/** By version, at 0 for an unknown one; made when first needed. */
const tables: Record<Sender, (FirstByteTable | undefined)[]> = { client: [], server: [] };

/** All answers of {@link checkFirstByte} for a version and sender, so that the hot path looks one up. */
export function firstByteTable(version: ProtocolVersion | undefined, from: Sender): FirstByteTable {
  const ofSender = tables[from];
  const index = version ?? 0;
  const known = ofSender[index];
  if (known !== undefined) return known;
  const table = Uint8Array.from({ length: 256 }, (_, first) =>
    checkFirstByte(first, version, from) === undefined ? 1 : 0,
  );
  ofSender[index] = table;
  return table;
}

/**
 * Reads a remaining length at `at`. -1: it goes on behind `limit`.
 * @throws ProtocolError 0x81 at the fourth byte if that has its top bit set, and for a form longer than needed [MQTT-1.5.5-1]
 */
export function readRemainingLength(bytes: Uint8Array, at: number, limit: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= limit) return -1;
    const byte = bytes[at + i] as number;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if (byte === 0 && i > 0) {
        throw new ProtocolError(ReasonCode.MalformedPacket, "remaining length is encoded longer than needed");
      }
      return value;
    }
  }
  throw new ProtocolError(ReasonCode.MalformedPacket, "remaining length has more than 4 bytes");
}
