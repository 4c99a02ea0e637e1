/** Names, numbers and routes that gmqtt's users depend on: shared/seed/gmqtt-reference.md, section 4. */

import type { DescMessage, DescService } from "@bufbuild/protobuf";
import { silentLogger } from "@gmqtt/broker";
import { expect, test } from "vitest";
import { ApiRegistry } from "./api/registry.ts";
import * as client from "./gen/gmqtt/admin/api/client_pb.ts";
import * as publish from "./gen/gmqtt/admin/api/publish_pb.ts";
import * as subscription from "./gen/gmqtt/admin/api/subscription_pb.ts";

test.each<[string, DescMessage, string]>([
  ["ListClientRequest", client.ListClientRequestSchema, "page_size 1, page 2"],
  ["ListClientResponse", client.ListClientResponseSchema, "clients 1, total_count 2"],
  ["GetClientRequest", client.GetClientRequestSchema, "client_id 1"],
  ["GetClientResponse", client.GetClientResponseSchema, "client 1"],
  ["DeleteClientRequest", client.DeleteClientRequestSchema, "client_id 1, clean_session 2"],
  [
    "Client",
    client.ClientSchema,
    "client_id 1, username 2, keep_alive 3, version 4, remote_addr 5, local_addr 6, connected_at 7, disconnected_at 8, " +
      "session_expiry 9, max_inflight 10, inflight_len 11, max_queue 12, queue_len 13, subscriptions_current 14, " +
      "subscriptions_total 15, packets_received_bytes 16, packets_received_nums 17, packets_send_bytes 18, " +
      "packets_send_nums 19, message_dropped 20",
  ],
  ["ListSubscriptionRequest", subscription.ListSubscriptionRequestSchema, "page_size 1, page 2"],
  ["ListSubscriptionResponse", subscription.ListSubscriptionResponseSchema, "subscriptions 1, total_count 2"],
  [
    "FilterSubscriptionRequest",
    subscription.FilterSubscriptionRequestSchema,
    "client_id 1, filter_type 2, match_type 3, topic_name 4, limit 5",
  ],
  ["FilterSubscriptionResponse", subscription.FilterSubscriptionResponseSchema, "subscriptions 1"],
  ["SubscribeRequest", subscription.SubscribeRequestSchema, "client_id 1, subscriptions 2"],
  ["SubscribeResponse", subscription.SubscribeResponseSchema, "new 1"],
  ["UnsubscribeRequest", subscription.UnsubscribeRequestSchema, "client_id 1, topics 2"],
  [
    "Subscription",
    subscription.SubscriptionSchema,
    "topic_name 1, id 2, qos 3, no_local 4, retain_as_published 5, retain_handling 6, client_id 7",
  ],
  [
    "PublishRequest",
    publish.PublishRequestSchema,
    "topic_name 1, payload 2, qos 3, retained 4, content_type 5, correlation_data 6, message_expiry 7, payload_format 8, " +
      "response_topic 9, user_properties 10",
  ],
  ["UserProperties", publish.UserPropertiesSchema, "K 1, V 2"],
])("message %s has the fields and numbers of gmqtt", (name, schema, fields) => {
  expect(schema.typeName).toBe(`gmqtt.admin.api.${name}`);
  expect(schema.fields.map((field) => `${field.name} ${field.number}`).join(", ")).toBe(fields);
});

test("types of fields that show in the JSON are those of gmqtt", () => {
  const typesOf = (schema: DescMessage): string[] => schema.fields.map(({ proto }) => String(proto.type));
  const [uint64, int32, string, message, uint32] = ["4", "5", "9", "11", "13"];
  expect(typesOf(client.ClientSchema)).toEqual([
    ...[string, string, int32, int32, string, string, message, message],
    ...[uint32, uint32, uint32, uint32, uint32, uint32, uint32],
    ...[uint64, uint64, uint64, uint64, uint64],
  ]);
});

test("enums have the numbers of gmqtt", () => {
  const valuesOf = (desc: { readonly values: readonly { readonly name: string; readonly number: number }[] }): string =>
    desc.values.map(({ name, number }) => `${name} ${number}`).join(", ");
  expect(valuesOf(subscription.SubFilterTypeSchema)).toBe(
    "SUB_FILTER_TYPE_UNSPECIFIED 0, SUB_FILTER_TYPE_SYS 1, SUB_FILTER_TYPE_SHARED 2, SUB_FILTER_TYPE_NON_SHARED 3",
  );
  expect(valuesOf(subscription.SubMatchTypeSchema)).toBe(
    "SUB_MATCH_TYPE_UNSPECIFIED 0, SUB_MATCH_TYPE_MATCH_NAME 1, SUB_MATCH_TYPE_MATCH_FILTER 2",
  );
});

test.each<[DescService, string[]]>([
  [
    client.ClientService,
    [
      "List GET /v1/clients",
      "Get GET /v1/clients/{client_id}",
      "Delete DELETE /v1/clients/{client_id}",
      "Kick POST /v1/clients/{client_id}/kick",
    ],
  ],
  [
    subscription.SubscriptionService,
    [
      "List GET /v1/subscriptions",
      "Filter GET /v1/filter_subscriptions",
      "Subscribe POST /v1/subscribe",
      "Unsubscribe POST /v1/unsubscribe",
    ],
  ],
  [publish.PublishService, ["Publish POST /v1/publish"]],
])("service %s has the methods and routes of gmqtt, and no others than are documented", (definition, routes) => {
  const registry = new ApiRegistry(silentLogger);
  registry.addService({ name: definition.typeName, kind: "protobuf", definition, handlers: {} });
  const found = registry.routes.map(({ method, route }) => `${method.desc.name} ${route.verb} ${route.template.text}`);
  expect(found.sort()).toEqual(routes.sort());
});
