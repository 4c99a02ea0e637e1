/** What the broker does with an UNSUBSCRIBE (MQTT 5.0 section 3.10.4). */

import { type MqttError, parseTopicFilter, ReasonCode, type UnsubscribePacket } from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import { assertAnswerFits } from "./answer-size.ts";
import type { ClientContext } from "./context.ts";
import { refusalOf, refusalProperties, unsubscribeCode } from "./refusal.ts";

export function handleUnsubscribe(context: ClientContext, packet: UnsubscribePacket): Awaitable<void> {
  assertAnswerFits(context, "UNSUBACK", packet.filters.length);
  const rejected = new Map<string, MqttError>();
  const hook = context.broker.hooks.onUnsubscribe;
  if (hook === undefined) return conclude(context, packet, rejected);
  const refuseAll = (error: unknown): void => {
    const refusal = refusalOf(error);
    for (const filter of packet.filters) rejected.set(filter, refusal);
    conclude(context, packet, rejected);
  };
  try {
    const verdict = hook(context.view, { packet, reject: (filter, error) => rejected.set(filter, error) });
    if (isPromise(verdict)) return verdict.then(() => conclude(context, packet, rejected), refuseAll);
  } catch (error) {
    return refuseAll(error);
  }
  conclude(context, packet, rejected);
}

/** Acts filter by filter, with one answer [MQTT-3.10.4-6]. */
function conclude(context: ClientContext, packet: UnsubscribePacket, rejected: ReadonlyMap<string, MqttError>): void {
  const { broker, connection, session } = context;
  if (connection.ending) return;
  let refusal: MqttError | undefined;
  const gone: string[] = [];
  const reasonCodes = packet.filters.map((filter) => {
    const error = rejected.get(filter);
    if (error !== undefined) {
      refusal ??= error;
      return unsubscribeCode(error);
    }
    if (broker.subscriptions.unsubscribe(session, filter)) {
      gone.push(filter);
      return ReasonCode.Success;
    }
    return parseTopicFilter(filter) === undefined ? ReasonCode.TopicFilterInvalid : ReasonCode.NoSubscriptionExisted;
  });
  const properties = refusal === undefined ? {} : { properties: refusalProperties(refusal) };
  connection.send({ type: 11, packetId: packet.packetId, reasonCodes, ...properties }, true);
  for (const filter of gone) broker.hooks.onUnsubscribed?.(context.view, filter);
}
