import { create, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExtensionRequestSchema } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

const api = "gmqtt.admin.api";

let admin: AdminBroker;
let client: ReflectingClient;
beforeAll(async () => {
  admin = await startAdmin({ config: { sys: { interval: 0 } } });
  client = new ReflectingClient(admin.grpc);
});
afterAll(async () => {
  client.close();
  await admin.stop();
});

describe("a client that learns everything by reflection", () => {
  test("sees what REST shows", async () => {
    const one = await admin.broker.connect({ clientId: "one" });
    await one.subscribe("a/b");
    for (const [method, path] of [
      [`${api}.ClientService/List`, "/v1/clients"],
      [`${api}.SubscriptionService/List`, "/v1/subscriptions"],
      [`${api}.RetainedService/List`, "/v1/retained"],
      [`${api}.TopicService/Browse`, "/v1/topics"],
      [`${api}.ServerService/GetConfig`, "/v1/config"],
      [`${api}.ServerService/GetLogLevel`, "/v1/log_level"],
      [`${api}.BanService/List`, "/v1/bans"],
    ] as const) {
      expect((await client.call(method)).json, method).toEqual((await admin.rest(path)).json);
    }
    await one.disconnect();
  });

  test("publishes, and the message arrives with its properties", async () => {
    const listener = await admin.broker.connect({ clientId: "listener" });
    await listener.subscribe("news");
    const answer = await client.call(`${api}.PublishService/Publish`, {
      topicName: "news",
      payload: "hello",
      contentType: "text/plain",
      userProperties: [{ K: Buffer.from("k"), V: Buffer.from("v") }],
    });
    expect(answer).toEqual({ code: 0, details: "", json: {} });
    const { payload, properties, topic } = await listener.next("publish");
    expect([topic, Buffer.from(payload).toString(), properties]).toEqual([
      "news",
      "hello",
      { contentType: "text/plain", userProperties: [["k", "v"]] },
    ]);
    await listener.disconnect();
  });

  test.each([
    ["ClientService/Get", { clientId: "nobody" }, 5, "no client nobody"],
    ["ClientService/Delete", { clientId: "nobody" }, 5, "no client nobody"],
    ["ClientService/Kick", { clientId: "nobody" }, 5, "client nobody is not connected"],
    ["SessionService/Get", { clientId: "nobody" }, 5, "no session nobody"],
    ["RetainedService/Get", { topicName: "nothing" }, 5, "no retained message on nothing"],
    ["RetainedService/Delete", { topicName: "nothing" }, 5, "no retained message on nothing"],
    ["BanService/Create", { kind: 1 }, 3, "value is needed"],
    ["BanService/Delete", { kind: 1, value: "x" }, 5, "no ban of client_id x"],
    ["PublishService/Publish", { topicName: "a/#" }, 3, "not a topic name"],
    ["PublishService/Publish", { topicName: "$SYS/x" }, 7, "$SYS is the server's"],
    [
      "SubscriptionService/Filter",
      { filterType: "9" },
      3,
      "filter_type must be numbers from 1 to 3 with commas between, not 9",
    ],
    [
      "SubscriptionService/Subscribe",
      { clientId: "nobody", subscriptions: [{ topicName: "a" }] },
      5,
      "no session nobody",
    ],
    ["SubscriptionService/Unsubscribe", { clientId: "nobody", topics: ["a"] }, 5, "no session nobody"],
    ["ServerService/SetLogLevel", { level: "loud" }, 3, "level must be debug, info, warn or error, not loud"],
    ["ServerService/SetLogLevel", { level: "warn" }, 9, "the level of this broker's logger can't be changed"],
    ["ExplainService/Explain", {}, 3, "action must be ACTION_CONNECT, ACTION_SUBSCRIBE or ACTION_PUBLISH"],
  ])("%s %j ends with code %i", async (method, request, code, details) => {
    expect(await client.call(`${api}.${method}`, request)).toEqual({ code, details, json: undefined });
  });

  test("gets the status of a stream that is refused", async () => {
    await expect(client.stream(`${api}.TraceService/Trace`)).rejects.toMatchObject({
      code: 3,
      details: "client_id or topic_filter is needed",
    });
  });
});

describe("reflection", () => {
  test("lists every service, its own and health among them, in both versions", async () => {
    for (const version of ["v1", "v1alpha"]) {
      const answer = await client.reflect({ case: "listServices", value: "" }, version);
      expect(answer.case === "listServicesResponse" && answer.value.service.map(({ name }) => name)).toEqual([
        ...[
          "Client",
          "Subscription",
          "Publish",
          "Session",
          "Retained",
          "Ban",
          "Topic",
          "Trace",
          "Explain",
          "Server",
        ].map((name) => `${api}.${name}Service`),
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
      ]);
    }
  });

  test.each([
    ["a service", `${api}.ClientService`, "gmqtt/admin/api/client.proto"],
    ["a method", `${api}.ClientService.List`, "gmqtt/admin/api/client.proto"],
    ["a message", `${api}.Subscription`, "gmqtt/admin/api/subscription.proto"],
    ["a field", `${api}.Ban.kind`, "gmqtt/admin/api/ban.proto"],
    ["an enum", `${api}.BanKind`, "gmqtt/admin/api/ban.proto"],
    ["an extension", "google.api.http", "google/api/annotations.proto"],
    ["health", "grpc.health.v1.Health", "grpc/health/v1/health.proto"],
    ["itself", "grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"],
  ])("finds the file of %s with its imports", async (_what, symbol, file) => {
    const answer = await client.reflect({ case: "fileContainingSymbol", value: symbol });
    if (answer.case !== "fileDescriptorResponse") throw new Error(`answered ${answer.case}`);
    const files = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const names = files.map(({ name }) => name);
    expect(names[0]).toBe(file);
    for (const { dependency } of files) expect(names).toEqual(expect.arrayContaining(dependency));
  });

  test("finds files by name and by extension, and the numbers of extensions", async () => {
    const byName = await client.reflect({ case: "fileByFilename", value: "google/api/http.proto" });
    expect(byName.case).toBe("fileDescriptorResponse");
    const value = create(ExtensionRequestSchema, {
      containingType: "google.protobuf.MethodOptions",
      extensionNumber: 72295728,
    });
    const byExtension = await client.reflect({ case: "fileContainingExtension", value });
    expect(byExtension.case).toBe("fileDescriptorResponse");
    const numbers = await client.reflect({ case: "allExtensionNumbersOfType", value: "google.protobuf.MethodOptions" });
    expect(numbers.case === "allExtensionNumbersResponse" && numbers.value.extensionNumber).toEqual([72295728]);
  });

  test.each([
    ["fileByFilename", "nothing.proto"],
    ["fileContainingSymbol", "nothing.at.all"],
    ["allExtensionNumbersOfType", "nothing.Message"],
  ] as const)("answers %s of what is not there with an error", async (kind, value) => {
    const answer = await client.reflect({ case: kind, value });
    expect(answer.case === "errorResponse" && answer.value.errorCode).toBe(5);
  });

  test("can be turned off", async () => {
    const closed = await startAdmin({ section: { reflection: false } });
    const blind = new ReflectingClient(closed.grpc);
    await expect(blind.reflect({ case: "listServices", value: "" })).rejects.toMatchObject({ code: 12 });
    blind.close();
    await closed.stop();
  });
});

describe("health", () => {
  const check = "grpc.health.v1.Health/Check";

  test("serves while the broker is ready", async () => {
    expect((await client.call(check)).json).toEqual({ status: "SERVING" });
    expect((await client.call(check, { service: `${api}.ClientService` })).json).toEqual({ status: "SERVING" });
  });

  test("does not know a service that is not here", async () => {
    expect(await client.call(check, { service: "nothing" })).toMatchObject({ code: 5 });
  });

  test("lists all services", async () => {
    const { json } = await client.call("grpc.health.v1.Health/List");
    expect((json as { statuses: object }).statuses).toMatchObject({ "": { status: "SERVING" } });
  });

  test("a watch begins with the state as it is", async () => {
    const watch = await client.stream("grpc.health.v1.Health/Watch");
    expect(await watch.next()).toEqual({ status: "SERVING" });
    watch.cancel();
  });
});
