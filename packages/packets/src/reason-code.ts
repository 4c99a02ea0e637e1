/** Reason codes of MQTT 5.0 (section 2.4): their values, names, and where each may stand. */

/** All reason codes of MQTT 5.0; 0x80 and above are failures. */
export const ReasonCode = {
  Success: 0x00,
  NormalDisconnection: 0x00,
  GrantedQoS0: 0x00,
  GrantedQoS1: 0x01,
  GrantedQoS2: 0x02,
  DisconnectWithWillMessage: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  ContinueAuthentication: 0x18,
  ReAuthenticate: 0x19,
  UnspecifiedError: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecificError: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QoSNotSupported: 0x9b,
  UseAnotherServer: 0x9c,
  ServerMoved: 0x9d,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  MaximumConnectTime: 0xa0,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const;
/** The value of a reason code. */
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode];

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ReasonCode)
    .reverse() // 0x00 has three names; the first of them, success, must win
    .map(([name, code]) => [code, inWords(name)]),
);

function inWords(name: string): string {
  const words = name.match(/QoS|[A-Z][a-z]*|\d/g) ?? [];
  return words.map((word) => (word === "QoS" ? word : word.toLowerCase())).join(" ");
}

/** The name of a reason code for people, such as `not authorized`; `reason code 0x..` when the standard knows none. */
export function reasonCodeName(code: number): string {
  return NAMES.get(code) ?? `reason code 0x${code.toString(16).padStart(2, "0")}`;
}

/**
 * The CONNACK return code of MQTT 3.1 and 3.1.1 that says best what a 5.0 reason code says.
 * `undefined`: there is none, the connection is closed without a CONNACK (malformed packets and protocol errors).
 */
export function toConnectReturnCode(code: ReasonCode): 1 | 2 | 3 | 4 | 5 | undefined {
  switch (code) {
    case ReasonCode.UnsupportedProtocolVersion:
      return 1;
    case ReasonCode.ClientIdentifierNotValid:
      return 2;
    case ReasonCode.ServerUnavailable:
    case ReasonCode.ServerBusy:
    case ReasonCode.ServerShuttingDown:
    case ReasonCode.QuotaExceeded:
    case ReasonCode.UseAnotherServer:
    case ReasonCode.ServerMoved:
    case ReasonCode.ConnectionRateExceeded:
      return 3;
    case ReasonCode.BadUserNameOrPassword:
    case ReasonCode.BadAuthenticationMethod:
      return 4;
    case ReasonCode.NotAuthorized:
    case ReasonCode.Banned:
      return 5;
    default:
      return undefined;
  }
}
