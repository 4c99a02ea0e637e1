/** Refusals as acknowledgements carry them. */

import { MqttError, ProtocolError, ReasonCode } from "@gmqtt/packets";

/** Negative codes that PUBACK and PUBREC may have [MQTT-3.4.2-1] [MQTT-3.5.2-1]. */
const PUBLISH_CODES: ReadonlySet<number> = new Set([0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
/** [MQTT-3.9.3-2] */
const SUBSCRIBE_CODES: ReadonlySet<number> = new Set([0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]);
/** [MQTT-3.11.3-2] */
const UNSUBSCRIBE_CODES: ReadonlySet<number> = new Set([0x80, 0x83, 0x87, 0x8f, 0x91]);

/** Properties that tell the client more, as far as the error has them. */
export interface RefusalProperties {
  reasonString?: string;
  userProperties?: MqttError["userProperties"];
}

/** The refusal in an error; everything that is none (a protocol error, a bug) is thrown on. */
export function refusalOf(error: unknown): MqttError {
  if (error instanceof MqttError && !(error instanceof ProtocolError)) return error;
  throw error;
}

export function publishCode(error: MqttError): ReasonCode {
  return allowed(error, PUBLISH_CODES);
}

export function subscribeCode(error: MqttError): ReasonCode {
  return allowed(error, SUBSCRIBE_CODES);
}

export function unsubscribeCode(error: MqttError): ReasonCode {
  return allowed(error, UNSUBSCRIBE_CODES);
}

export function refusalProperties(error: MqttError): RefusalProperties {
  const properties: RefusalProperties = {};
  if (error.reasonString !== undefined) properties.reasonString = error.reasonString;
  if (error.userProperties.length > 0) properties.userProperties = error.userProperties;
  return properties;
}

function allowed(error: MqttError, codes: ReadonlySet<number>): ReasonCode {
  return codes.has(error.reasonCode) ? error.reasonCode : ReasonCode.UnspecifiedError;
}
