/** Messages of the broker itself and of its plugins, treated like those of clients. */

import { isValidTopicName, MqttError, ReasonCode } from "@gmqtt/packets";
import type { BrokerServices } from "../../handlers/context.ts";
import { allKinds, distribute } from "../../handlers/distribute.ts";
import { topicRefusal } from "../../handlers/publish.ts";
import type { MsgArrivedRequest } from "../../hooks/hooks.ts";
import { Message, type MessageInit } from "../../message.ts";
import type { Publisher } from "../../plugin/server.ts";

/** A message made of what a caller gives; throws `MqttError` 0x90 for an impossible topic. */
export function messageOf(broker: BrokerServices, init: MessageInit | Message): Message {
  if (!isValidTopicName(init.topic)) {
    throw new MqttError(ReasonCode.TopicNameInvalid, { reasonString: "not a topic name" });
  }
  const refusal = topicRefusal(broker, init.topic);
  if (refusal !== undefined) throw refusal;
  return init instanceof Message ? init : Message.create(init, "", broker.clock.now());
}

export function createPublisher(broker: BrokerServices): Publisher {
  return {
    async publish(init) {
      let dropped = false;
      const request: MsgArrivedRequest = {
        packet: undefined,
        message: messageOf(broker, init),
        iterationOptions: allKinds(),
        drop: () => {
          dropped = true;
        },
      };
      const verdict = await broker.hooks.onMsgArrived?.(null, request);
      if (verdict instanceof MqttError) throw verdict;
      if (dropped) return 0;
      const reached = distribute(broker, request.message, request.iterationOptions);
      await broker.journal.settled();
      return reached;
    },
  };
}
