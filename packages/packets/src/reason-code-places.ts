/** Which reason code may stand in which packet, and who may send it (MQTT 5.0, section 2.4 and the packets' own tables). */
import { PacketType, type Sender } from "./packet-type.ts";
import type { Reader } from "./reader.ts";
import type { ReasonCode } from "./reason-code.ts";

const failures = [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const received = [0x00, ...failures];
const released = [0x00, 0x92];
const clientDisconnect = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];
// 0x8c stands in the general table of section 2.4 but not in the packet's own: accepted
const serverDisconnect = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
  0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];
const connack = [
  0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b,
  0x9c, 0x9d, 0x9f,
];
const suback = [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const unsuback = [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91];

/** bit `type` of the entry of a code: the packet may carry it. */
const FROM_CLIENT = new Uint16Array(256);
const FROM_SERVER = new Uint16Array(256);

function allow(table: Uint16Array, type: PacketType, codes: readonly number[]): void {
  for (const code of codes) table[code] = (table[code] as number) | (1 << type);
}

allow(FROM_CLIENT, PacketType.Puback, received);
allow(FROM_CLIENT, PacketType.Pubrec, received);
allow(FROM_CLIENT, PacketType.Pubrel, released);
allow(FROM_CLIENT, PacketType.Pubcomp, released);
allow(FROM_CLIENT, PacketType.Disconnect, clientDisconnect);
allow(FROM_CLIENT, PacketType.Auth, [0x18, 0x19]);

allow(FROM_SERVER, PacketType.Connack, connack);
allow(FROM_SERVER, PacketType.Puback, [...received, 0x10]);
allow(FROM_SERVER, PacketType.Pubrec, [...received, 0x10]);
allow(FROM_SERVER, PacketType.Pubrel, released);
allow(FROM_SERVER, PacketType.Pubcomp, released);
allow(FROM_SERVER, PacketType.Suback, suback);
allow(FROM_SERVER, PacketType.Unsuback, unsuback);
allow(FROM_SERVER, PacketType.Disconnect, serverDisconnect);
allow(FROM_SERVER, PacketType.Auth, [0x00, 0x18]);

/** Whether a packet of this type may carry the code when this side sends it. */
export function isReasonCodeAllowed(code: number, type: PacketType, from: Sender): boolean {
  const table = from === "client" ? FROM_CLIENT : FROM_SERVER;
  return (((table[code] ?? 0) >>> type) & 1) === 1;
}

/**
 * Reads the reason code of a packet.
 * @throws ProtocolError 0x82 for a code that is unknown, of another packet or of the other side
 */
export function readReasonCode(reader: Reader, type: PacketType, from: Sender): ReasonCode {
  const code = reader.byte();
  if (!isReasonCodeAllowed(code, type, from)) {
    throw reader.protocolError(
      `has reason code 0x${code.toString(16).padStart(2, "0")}, which a ${from} must not send in it`,
    );
  }
  return code as ReasonCode;
}
