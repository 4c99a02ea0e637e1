/** gmqtt.admin.api.PublishService: messages of the operator. */

import { isUtf8 } from "node:buffer";
import type { ApiService, MessageProperties, QoS, Server, UserProperty } from "@gmqtt/broker";
import { invalidArgument } from "../api/status.ts";
import { type PublishRequest, PublishService, type UserProperties } from "../gen/gmqtt/admin/api/publish_pb.ts";
import { protobufService } from "./protobuf-service.ts";

export function publishService(server: Server): ApiService {
  return protobufService(PublishService, {
    async publish(request) {
      const { payload, qos, retained, topicName } = request;
      if (topicName === "") throw invalidArgument("topic_name is needed");
      if (qos > 2) throw invalidArgument(`qos must be 0, 1 or 2, not ${qos}`);
      const properties = propertiesOf(request);
      await server.publisher.publish({ topic: topicName, payload, qos: qos as QoS, retain: retained, properties });
      return {};
    },
  });
}

/** What is empty or 0 in the request is left out of the message. */
function propertiesOf(request: PublishRequest): MessageProperties {
  const { contentType, correlationData, messageExpiry, payloadFormat, responseTopic, userProperties } = request;
  if (payloadFormat > 1) throw invalidArgument(`payload_format must be 0 or 1, not ${payloadFormat}`);
  if (/[+#]/.test(responseTopic)) throw invalidArgument(`response_topic ${responseTopic} is not a topic name`);
  return {
    ...(payloadFormat === 0 ? {} : { payloadFormatIndicator: 1 as const }),
    ...(messageExpiry === 0 ? {} : { messageExpiryInterval: messageExpiry }),
    ...(contentType === "" ? {} : { contentType }),
    ...(responseTopic === "" ? {} : { responseTopic }),
    ...(correlationData === "" ? {} : { correlationData: Buffer.from(correlationData) }),
    ...(userProperties.length === 0 ? {} : { userProperties: userProperties.map(userProperty) }),
  };
}

function userProperty({ K, V }: UserProperties): UserProperty {
  if (!isUtf8(K) || !isUtf8(V)) throw invalidArgument("user_properties must be UTF-8");
  return [Buffer.from(K).toString(), Buffer.from(V).toString()];
}
