/** Quality of service levels compared. */

import type { QoS } from "@gmqtt/packets";

/** The lower of two levels: what is published against what is granted [MQTT-3.8.4-8]. */
export function lowerQoS(one: QoS, other: QoS): QoS {
  return one < other ? one : other;
}
