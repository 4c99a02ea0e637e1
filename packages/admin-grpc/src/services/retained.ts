/** gmqtt.admin.api.RetainedService: the last retained message of each topic. */

import { type ApiService, isValidTopicFilter, type Message, type Server, topicMatches } from "@gmqtt/broker";
import { invalidArgument, notFound } from "../api/status.ts";
import { type RetainedMessageSchema, RetainedService } from "../gen/gmqtt/admin/api/retained_pb.ts";
import { visitGently } from "./gently.ts";
import { timestamp } from "./numbers.ts";
import { pageOf, takePage } from "./paging.ts";
import { type Init, protobufService } from "./protobuf-service.ts";

export function retainedService(server: Server): ApiService {
  const { clock, retainedService: retained } = server;
  return protobufService(RetainedService, {
    async list(request) {
      const { filter } = request;
      if (filter === "") {
        const messages = await takePage(retained.iterate(), request);
        return { messages: messages.map(describe), totalCount: retained.count };
      }
      if (!isValidTopicFilter(filter)) throw invalidArgument(`${filter} is not a topic filter`);
      const { limit, offset } = pageOf(request);
      const messages: Message[] = [];
      let totalCount = 0;
      await visitGently(retained.iterate(), (message) => {
        if (!topicMatches(filter, message.topic) || message.expiresAt <= clock.now()) return;
        if (totalCount >= offset && messages.length < limit) messages.push(message);
        totalCount++;
      });
      return { messages: messages.map(describe), totalCount };
    },
    get({ topicName }) {
      const message = retained.get(topicName);
      if (message === undefined) throw noMessage(topicName);
      return { message: { ...describe(message), payload: Uint8Array.from(message.payload) } };
    },
    delete({ topicName }) {
      if (!retained.remove(topicName)) throw noMessage(topicName);
      return {};
    },
  });
}

function noMessage(topic: string): Error {
  if (topic === "") return invalidArgument("topic_name is needed");
  return notFound(`no retained message on ${topic}`);
}

/** Without the payload, which may be large. */
function describe(message: Message): Init<typeof RetainedMessageSchema> {
  const properties = message.properties ?? {};
  const { contentType, correlationData, payloadFormatIndicator, responseTopic, userProperties } = properties;
  return {
    topicName: message.topic,
    payloadLength: message.payloadLength,
    qos: message.qos,
    publisher: message.publisher,
    receivedAt: timestamp(message.receivedAt),
    expiresAt: timestamp(message.expiresAt),
    contentType: contentType ?? "",
    responseTopic: responseTopic ?? "",
    correlationData: correlationData === undefined ? new Uint8Array() : Uint8Array.from(correlationData),
    payloadFormat: payloadFormatIndicator ?? 0,
    userProperties: (userProperties ?? []).map(([K, V]) => ({ K: Buffer.from(K), V: Buffer.from(V) })),
  };
}
