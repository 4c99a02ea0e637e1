/** Publishes a will whose time has come (MQTT 5.0 section 3.1.2.5). */

import { MqttError } from "@gmqtt/packets";
import { isPromise } from "../awaitable.ts";
import type { WillPublishRequest } from "../hooks/hooks.ts";
import { Message } from "../message.ts";
import type { PendingWill } from "../session/session.ts";
import type { BrokerServices } from "./context.ts";
import { allKinds, distribute } from "./distribute.ts";

export function publishWill(broker: BrokerServices, clientId: string, will: PendingWill): void {
  const { topic, payload, qos, retain, properties } = will.message;
  // The message expiry interval counts from now on.
  const message = new Message(topic, payload, qos, retain, properties, clientId, broker.clock.now());
  const hook = broker.hooks.onWillPublish;
  let dropped = false;
  const request: WillPublishRequest = {
    message,
    iterationOptions: allKinds(),
    drop: () => {
      dropped = true;
    },
  };
  const publish = (): void => {
    if (!dropped) send(broker, clientId, request);
  };
  try {
    const answer = hook?.(clientId, request);
    if (answer !== undefined && isPromise(answer))
      answer.then(publish, (error: unknown) => refused(broker, clientId, error));
    else publish();
  } catch (error) {
    refused(broker, clientId, error);
  }
}

function send(broker: BrokerServices, clientId: string, request: WillPublishRequest): void {
  try {
    distribute(broker, request.message, request.iterationOptions);
  } catch (error) {
    refused(broker, clientId, error);
    return;
  }
  broker.hooks.onWillPublished?.(clientId, request.message);
}

/** Nobody is there to be told. */
function refused(broker: BrokerServices, clientId: string, error: unknown): void {
  if (!(error instanceof MqttError)) throw error;
  broker.logger.info({ clientId, reason: error.message }, "will refused");
}
