/** What the broker does with a PUBLISH; the steps stand in the order of MQTT 5.0 section 3.3. */

import { Buffer, isUtf8 } from "node:buffer";
import {
  countTopicLevels,
  MqttError,
  ProtocolError,
  type PubackPacket,
  type PubrecPacket,
  ReasonCode,
  type ReceivedPublish,
} from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import type { IterationOptions, MsgArrivedRequest } from "../hooks/hooks.ts";
import { Message } from "../message.ts";
import type { BrokerServices, ClientContext } from "./context.ts";
import { allKinds, distribute } from "./distribute.ts";
import { publishCode, refusalOf, refusalProperties } from "./refusal.ts";

export function handlePublish(context: ClientContext, packet: ReceivedPublish): Awaitable<void> {
  // Before anything looks at the topic.
  const topic = packet.properties === undefined ? packet.topic : context.aliases.resolve(packet);
  context.charge(packet.frameEnd - packet.frameStart);
  assertServed(context, packet);
  if (packet.qos > 0) {
    if (packet.qos === 2 && context.session.incoming.has(packet.packetId)) {
      context.connection.sendAck(5, packet.packetId); // taken before, not delivered twice [MQTT-4.3.3-10]
      return;
    }
    assertQuota(context);
  }
  const { broker } = context;
  broker.traffic.messageReceived(packet.qos);
  context.connection.counters.messageReceived(packet.qos);
  if (topic !== context.checkedTopic) {
    const refusal = topicRefusal(broker, topic);
    if (refusal !== undefined) return refuse(context, packet, refusal);
    context.checkedTopic = topic;
  }
  if (packet.properties?.payloadFormatIndicator === 1 && !isUtf8(packet.payload)) return refuseFormat(context, packet);
  const message = Message.received(packet, topic, context.options.clientId, context.connection.receivedAt);
  // A retained message would be timed whenever somebody subscribes.
  if (!packet.retain) message.timing = broker.deliveryTimes.choose(context.connection);
  const arrived = broker.hooks.onMsgArrived;
  if (arrived !== undefined) return askHooks(context, packet, message, arrived);
  return accept(context, packet, message, undefined);
}

/** Using what the CONNACK said is not there is a protocol error. */
function assertServed(context: ClientContext, packet: ReceivedPublish): void {
  const { options } = context;
  if (packet.qos > options.maximumQoS) {
    const message = `qos ${packet.qos} exceeds the maximum of ${options.maximumQoS}`; // [MQTT-3.2.2-11]
    throw new ProtocolError(ReasonCode.QoSNotSupported, message);
  }
  if (packet.retain && !options.retainAvailable) {
    throw new ProtocolError(ReasonCode.RetainNotSupported, "retained messages are not available"); // [MQTT-3.2.2-14]
  }
}

/** [MQTT-3.3.4-7]; 3.x clients were not told a limit. */
function assertQuota(context: ClientContext): void {
  if (context.version !== 5 || context.unfinished < context.options.receiveMax) return;
  context.broker.population.limitHit("mqtt.server_receive_maximum");
  const message = `more than ${context.options.receiveMax} messages without an acknowledgement`;
  throw new ProtocolError(ReasonCode.ReceiveMaximumExceeded, message);
}

/** Why a topic is not published to: the server's own topics, and the limits. Known topics have been checked before. */
export function topicRefusal(broker: BrokerServices, topic: string): MqttError | undefined {
  if (topic.charCodeAt(0) === 36 && (topic === "$SYS" || topic.startsWith("$SYS/"))) {
    return new MqttError(ReasonCode.NotAuthorized, { reasonString: "$SYS is the server's" });
  }
  if (broker.router.knows(topic)) return undefined;
  const { maxTopicLength, maxTopicLevels } = broker.config.limits;
  if (topic.length * 3 > maxTopicLength && Buffer.byteLength(topic) > maxTopicLength) {
    broker.population.limitHit("limits.max_topic_length");
    return new MqttError(ReasonCode.TopicNameInvalid, { reasonString: `topic is longer than ${maxTopicLength} bytes` });
  }
  if (countTopicLevels(topic) > maxTopicLevels) {
    broker.population.limitHit("limits.max_topic_levels");
    return new MqttError(ReasonCode.TopicNameInvalid, { reasonString: `topic has more than ${maxTopicLevels} levels` });
  }
  return undefined;
}

function askHooks(
  context: ClientContext,
  packet: ReceivedPublish,
  message: Message,
  arrived: NonNullable<BrokerServices["hooks"]["onMsgArrived"]>,
): Awaitable<void> {
  let dropped = false;
  const request: MsgArrivedRequest = {
    packet,
    message,
    iterationOptions: allKinds(),
    drop: () => {
      dropped = true;
    },
  };
  const decided = (): Awaitable<void> => {
    if (dropped) return acknowledge(context, packet, ReasonCode.Success);
    return accept(context, packet, request.message, request.iterationOptions);
  };
  try {
    const verdict = arrived(context.view, request);
    if (!isPromise(verdict)) return decided();
    message.detach(); // other packets of the buffer are done before this one
    return verdict.then(decided, (error: unknown) => refuse(context, packet, refusalOf(error)));
  } catch (error) {
    return refuse(context, packet, refusalOf(error));
  }
}

/** The message is let in: retained, routed, acknowledged, in that order. */
function accept(
  context: ClientContext,
  packet: ReceivedPublish,
  message: Message,
  kinds: IterationOptions | undefined,
): Awaitable<void> {
  const { broker } = context;
  const { journal } = broker;
  const pending = journal.pending;
  let reached: number;
  try {
    reached = distribute(broker, message, kinds);
  } catch (error) {
    return refuse(context, packet, refusalOf(error));
  }
  if (reached > 1) context.connection.fannedOut(reached);
  acknowledge(context, packet, reached === 0 ? ReasonCode.NoMatchingSubscribers : ReasonCode.Success);
  // QoS 0 goes on past a store that is behind, unless it adds to what the store has to do.
  if (!journal.congested || (packet.qos === 0 && journal.pending === pending)) return;
  broker.population.limitHit("limits.max_pending_commits");
  return journal.relieved();
}

/** PUBACK or PUBREC; it leaves when what it promises is committed. */
function acknowledge(context: ClientContext, packet: ReceivedPublish, reasonCode: ReasonCode): void {
  const { connection, session } = context;
  const { packetId, qos } = packet;
  if (qos === 0) return;
  if (qos === 2) session.addIncoming(packetId);
  const type = qos === 1 ? 4 : 5;
  if (reasonCode === ReasonCode.Success || context.version !== 5) connection.sendAck(type, packetId);
  else connection.send({ type, packetId, reasonCode } as PubackPacket | PubrecPacket, true);
}

/**
 * The connection lives, the message is gone. 5.0 publishers are told, at QoS 0 nobody is; a 3.x publisher can't be told, so
 * he gets a normal acknowledgement or is closed, as configured [MQTT-3.3.5-2 of 3.1.1].
 */
function refuse(context: ClientContext, packet: ReceivedPublish, error: MqttError): void {
  const { packetId, qos } = packet;
  if (context.version !== 5) {
    if (context.broker.config.mqtt.unauthorizedPublish === "close") {
      context.leave(false, new Error(`publish to ${packet.topic} refused: ${error.message}`));
    } else acknowledge(context, packet, ReasonCode.Success);
    return;
  }
  if (qos === 0) return;
  const type = qos === 1 ? 4 : 5;
  const answer = { type, packetId, reasonCode: publishCode(error), properties: refusalProperties(error) };
  context.connection.send(answer as PubackPacket | PubrecPacket, true);
}

/** A payload that is not the text it says it is (section 3.3.2.3.2); at QoS 0 only DISCONNECT can say so. */
function refuseFormat(context: ClientContext, packet: ReceivedPublish): void {
  const reasonString = "payload is not well-formed UTF-8";
  if (packet.qos === 0) throw new ProtocolError(ReasonCode.PayloadFormatInvalid, reasonString);
  refuse(context, packet, new MqttError(ReasonCode.PayloadFormatInvalid, { reasonString }));
}
