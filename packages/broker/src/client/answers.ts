/** What a client is told when it is turned away: CONNACK before it is connected, DISCONNECT afterwards. */

import {
  type ConnackPacket,
  type DisconnectPacket,
  MqttError,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  toConnectReturnCode,
  UnsupportedVersionError,
} from "@gmqtt/packets";

/** [MQTT-3.2.2-8] */
const CONNACK_CODES: ReadonlySet<number> = new Set([
  0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c,
  0x9d, 0x9f,
]);

/** What a server may send [MQTT-3.14.2-1]. */
const DISCONNECT_CODES: ReadonlySet<number> = new Set([
  0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
  0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
]);

/** A CONNACK and the version it has to be written in. */
export interface Refusal {
  readonly version: ProtocolVersion;
  readonly packet: ConnackPacket;
}

/** The CONNACK for an error; undefined when the connection is closed without a word. */
export function connackFor(error: unknown, version: ProtocolVersion | undefined): Refusal | undefined {
  if (error instanceof UnsupportedVersionError) return unsupported(error);
  if (version === undefined) return undefined; // the first packet was no CONNECT [MQTT-3.1.0-1]
  const refusal = error instanceof MqttError ? error : new MqttError(ReasonCode.ImplementationSpecificError);
  if (version === 5) {
    const code = refusal.reasonCode;
    const reasonCode = CONNACK_CODES.has(code) ? code : ReasonCode.UnspecifiedError;
    const { userProperties } = refusal;
    const reasonString = refusal.reasonString ?? (refusal instanceof ProtocolError ? refusal.message : undefined);
    const properties = {
      ...(reasonString === undefined ? {} : { reasonString }),
      ...(userProperties.length === 0 ? {} : { userProperties }),
    };
    return { version, packet: { type: 2, sessionPresent: false, reasonCode, properties } };
  }
  // 3.x: a CONNECT that breaks the rules gets no answer (3.1.1 section 4.8); one that is refused gets a return code.
  if (refusal instanceof ProtocolError) return undefined;
  const reasonCode = toConnectReturnCode(refusal.reasonCode);
  return reasonCode === undefined ? undefined : { version, packet: { type: 2, sessionPresent: false, reasonCode } };
}

/** A name that is not MQTT's gets no answer; a level above ours is answered like 5.0, one below like 3.1.1. */
function unsupported(error: UnsupportedVersionError): Refusal | undefined {
  const { level, protocolName } = error;
  if (protocolName === "MQTT" && level > 5) {
    const reasonCode = ReasonCode.UnsupportedProtocolVersion;
    return { version: 5, packet: { type: 2, sessionPresent: false, reasonCode } };
  }
  if (protocolName !== "MQTT" && protocolName !== "MQIsdp") return undefined;
  return { version: 4, packet: { type: 2, sessionPresent: false, reasonCode: 1 } };
}

/** The DISCONNECT for an error on a connected 5.0 client. */
export function disconnectFor(error: unknown): DisconnectPacket {
  if (!(error instanceof MqttError)) return { type: 14, reasonCode: ReasonCode.ImplementationSpecificError };
  const { userProperties } = error;
  const reasonString = error.reasonString ?? (error instanceof ProtocolError ? error.message : undefined);
  const properties = {
    ...(reasonString === undefined ? {} : { reasonString }),
    ...(userProperties.length === 0 ? {} : { userProperties }),
  };
  return { type: 14, reasonCode: disconnectCode(error.reasonCode), properties };
}

/** A reason code as DISCONNECT may carry it. */
export function disconnectCode(code: ReasonCode): ReasonCode {
  if (DISCONNECT_CODES.has(code)) return code;
  return code === ReasonCode.BadAuthenticationMethod ? ReasonCode.NotAuthorized : ReasonCode.UnspecifiedError;
}
