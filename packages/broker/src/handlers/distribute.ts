/** What becomes of a message that has been let in: retained where asked for, then handed to its receivers. */

import { MqttError, ReasonCode } from "@gmqtt/packets";
import type { IterationOptions } from "../hooks/hooks.ts";
import type { Message } from "../message.ts";
import type { BrokerServices } from "./context.ts";

/** All kinds of subscriptions; what a hook starts from. */
export function allKinds(): IterationOptions {
  return { system: true, shared: true, nonShared: true };
}

/** Retains and routes; answers how many sessions were reached. Throws `MqttError` 0x97 when it can't be retained. */
export function distribute(broker: BrokerServices, message: Message, kinds?: IterationOptions): number {
  if (message.retain) retain(broker, message);
  const narrowed = kinds !== undefined && !(kinds.system && kinds.shared && kinds.nonShared);
  return broker.router.publish(message, narrowed ? kinds : undefined);
}

function retain(broker: BrokerServices, message: Message): void {
  const limit = message.payloadLength === 0 ? undefined : broker.retained.limitFor(message);
  if (limit === undefined) {
    broker.retained.apply(message);
    return;
  }
  broker.population.limitHit(limit);
  throw new MqttError(ReasonCode.QuotaExceeded, { reasonString: "no room for another retained message" });
}
