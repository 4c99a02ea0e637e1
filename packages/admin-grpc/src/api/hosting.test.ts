/** What other plugins register is served like our own: gRPC, REST, reflection, errors, description. */

import type { ApiService, Plugin, Server } from "@gmqtt/broker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SubscriptionService } from "../gen/gmqtt/admin/api/subscription_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { Library } from "../testing/gen/test/library_pb.ts";
import { ReflectingClient } from "../testing/grpc-client.ts";

const failing = (error: Error): never => {
  throw error;
};

const library: ApiService = {
  name: "test.Library",
  kind: "protobuf",
  definition: Library,
  handlers: {
    getBook: ({ shelf, name }: { shelf: string; name: string }, call: object) => ({
      name: `${shelf}/${name}`,
      pages: 7n,
      readers: { ann: { count: 1 } },
      caller: Object.keys(call).sort().join(" "),
    }),
    putBook: async ({ book, shelf }: { book?: { name: string }; shelf: string }) => ({
      name: `${shelf}/${book?.name}`,
    }),
    burn: ({ how }: { how: string }) =>
      how === "bug" ? failing(new Error("secret")) : failing(Object.assign(new Error(`not ${how}`), { code: 9 })),
    read: async function* () {
      yield { text: "one" };
      yield { text: "two" };
      failing(Object.assign(new Error("torn"), { code: 15 }));
    },
  } as unknown as ApiService["handlers"],
};

function plugin(name: string, load: (server: Server) => void): Plugin {
  return { name, load, unload: () => {}, hookWrapper: () => ({}) };
}

let admin: AdminBroker;
let client: ReflectingClient;
beforeAll(async () => {
  const guest = plugin("guest", ({ apiRegistrar }) => {
    apiRegistrar.registerService({ ...library, comments: { "test.Library.GetBook": "Shows a book." } });
    apiRegistrar.registerService({ name: "other", kind: "graphql", definition: {}, handlers: {} });
    apiRegistrar.registerRoute({
      method: "GET",
      path: "/guest/{name}",
      handle: (request) => new Response(new URL(request.url).pathname),
    });
    apiRegistrar.registerRoute({ method: "POST", path: "/guest", handle: () => failing(new Error("secret")) });
  });
  admin = await startAdmin({ plugins: [guest] });
  client = new ReflectingClient(admin.grpc);
});
afterAll(async () => {
  client.close();
  await admin.stop();
});

test("a plugin behind the host in the order gets its routes", async () => {
  const { json, status } = await admin.rest("/library/shelves/a%2Fb/books/c/d");
  expect([status, json]).toEqual([
    200,
    {
      name: "a/b/c/d",
      pages: "7",
      readers: { ann: { count: 1, last: null } },
      tags: [],
      caller: "from role signal via who",
    },
  ]);
});

test("its body may be one field of the request, and its answer one field of the response", async () => {
  const { json, status } = await admin.rest("/library/shelves/s?dry_run=1", { method: "PUT", body: { name: "n" } });
  expect([status, json]).toEqual([200, "s/n"]);
});

test("fields of messages and lists come in a query too", async () => {
  const { json } = await admin.rest("/library/shelves/a/books/b?options.verbose=true&tags=x&tags=y");
  expect(json).toMatchObject({ name: "a/b" });
  expect(await admin.rest("/library/shelves/a/books/b?options.loud=true")).toMatchObject({ status: 400 });
});

test("what its service says of itself stands in the document", async () => {
  const { json } = await admin.rest("/openapi.json");
  const { paths } = json as { paths: Record<string, Record<string, { summary: string }>> };
  const summaries = Object.values(paths).flatMap((verbs) => Object.values(verbs).map(({ summary }) => summary));
  expect(summaries).toContain("Shows a book.");
});

test("it is called over gRPC, found by reflection", async () => {
  expect((await client.call("test.Library/GetBook", { shelf: "s", name: "n" })).json).toMatchObject({ name: "s/n" });
});

test("errors with a code go to the caller, bugs to the log", async () => {
  const told = { code: 9, message: "not with fire", details: [] };
  expect(await admin.rest("/library:burn", { body: { how: "with fire" } })).toMatchObject({ status: 400, json: told });
  expect(await client.call("test.Library/Burn", { how: "with fire" })).toMatchObject({
    code: 9,
    details: "not with fire",
  });
  const hidden = { code: 13, message: "internal error", details: [] };
  expect(await admin.rest("/library:burn", { body: { how: "bug" } })).toMatchObject({ status: 500, json: hidden });
  expect(await client.call("test.Library/Burn", { how: "bug" })).toMatchObject({ code: 13, details: "internal error" });
  const logged = admin.broker.log.filter(({ message }) => message === "api call failed");
  expect(logged.map(({ fields }) => (fields as { err: Error }).err.message)).toEqual(["secret", "secret"]);
});

test("a method without handler is not implemented", async () => {
  expect(await admin.rest("/library/missing")).toMatchObject({ status: 501, json: { code: 12 } });
  expect(await client.call("test.Library/Missing")).toMatchObject({ code: 12 });
});

test("a stream that fails says so behind what it said before", async () => {
  const lines = await (await fetch(`${admin.url}/library:read`)).text();
  expect(lines).toBe(
    '{"result":{"text":"one"}}\n{"result":{"text":"two"}}\n{"error":{"code":15,"message":"torn","details":[]}}\n',
  );
  const events = await fetch(`${admin.url}/library:read`, { headers: { accept: "text/event-stream" } });
  expect(await events.text()).toBe(
    ': open\n\ndata: {"text":"one"}\n\ndata: {"text":"two"}\n\nevent: error\ndata: {"code":15,"message":"torn","details":[]}\n\n',
  );
  const stream = await client.stream("test.Library/Read");
  expect([await stream.next(), await stream.next()]).toEqual([{ text: "one" }, { text: "two" }]);
  await expect(stream.next()).rejects.toMatchObject({ code: 15, details: "torn" });
});

test("plain routes are served, and their failures hidden", async () => {
  const response = await fetch(`${admin.url}/guest/me`);
  expect([response.status, await response.text()]).toEqual([200, "/guest/me"]);
  expect(await admin.rest("/guest", { method: "POST" })).toMatchObject({
    status: 500,
    json: { message: "internal error" },
  });
});

test("it stands in the OpenAPI document", async () => {
  const { json } = await admin.rest("/openapi.json");
  const { paths } = json as { paths: Record<string, object> };
  expect(paths["/library/shelves/{shelf}/books/{name}"]).toMatchObject({ get: { operationId: "Library_GetBook" } });
});

test("what can't be served is said when it is registered", async () => {
  const { apiRegistrar } = admin.broker.server;
  const register = (service: Partial<ApiService>) => () =>
    apiRegistrar.registerService({ name: "x", kind: "protobuf", definition: {}, handlers: {}, ...service });
  expect(register({})).toThrow("api service x: definition is not the service descriptor of that name");
  expect(register({ name: "y", definition: Health })).toThrow("definition is not the service descriptor of that name");
  expect(register({ name: SubscriptionService.typeName, definition: SubscriptionService })).toThrow(
    "is registered twice",
  );
  expect(admin.broker.log.some(({ message }) => message === "api service of an unknown kind is not served")).toBe(true);
});
