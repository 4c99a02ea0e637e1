/** Retained messages for plugins. */

import { MqttError, ReasonCode } from "@gmqtt/packets";
import type { BrokerServices } from "../../handlers/context.ts";
import type { Message } from "../../message.ts";
import type { RetainedService } from "../../plugin/server.ts";
import { messageOf } from "./publisher.ts";

export function createRetainedService(broker: BrokerServices): RetainedService {
  const { retained } = broker;
  return {
    get count() {
      return retained.count;
    },
    get bytes() {
      return retained.bytes;
    },
    get: (topic) => retained.current(topic),
    addOrReplace(init) {
      const message = messageOf(broker, init);
      message.retain = true;
      const limit = message.payloadLength === 0 ? undefined : retained.limitFor(message);
      if (limit !== undefined) {
        broker.population.limitHit(limit);
        throw new MqttError(ReasonCode.QuotaExceeded, { reasonString: `${limit} is reached` });
      }
      retained.apply(message);
    },
    remove: (topic) => retained.remove(topic),
    clearAll: () => void retained.clear(),
    getMatched: (filter) =>
      retained
        .matching(filter)
        .map((slot) => retained.currentIn(slot))
        .filter((message): message is Message => message !== undefined),
    iterate: () => retained.values(),
  };
}
