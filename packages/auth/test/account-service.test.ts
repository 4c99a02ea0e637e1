/** The accounts API, called as a host of APIs calls it. */

import { readFileSync } from "node:fs";
import type { ApiService } from "@gmqtt/broker";
import { expect, test } from "vitest";
import { AccountService } from "../src/gen/gmqtt/auth/api/account_pb.ts";
import { login, type Running, run } from "./fixtures.ts";

type Handler = (request: object) => unknown;

async function serviceOf(
  section: object = {},
): Promise<Running & { readonly call: (method: string, request: object) => Promise<unknown> }> {
  const running = await run(section);
  const services: ApiService[] = [];
  running.broker.server.apiRegistrar.attachHost({
    addService: (service) => services.push(service),
    addRoute: () => {},
  });
  const [service] = services;
  expect(service).toMatchObject({
    name: "gmqtt.auth.api.AccountService",
    kind: "protobuf",
    definition: AccountService,
  });
  for (const { name } of AccountService.methods) {
    expect(service?.comments, name).toHaveProperty([`${AccountService.typeName}.${name}`]);
  }
  const handlers = service?.handlers as unknown as Record<string, Handler>;
  expect(Object.keys(handlers)).toEqual(AccountService.methods.map(({ localName }) => localName));
  return { ...running, call: async (method, request) => await handlers[method]?.(request) };
}

test("lists, shows, changes, adds and deletes accounts, in the file and in force", async () => {
  const { broker, call, file } = await serviceOf();
  expect(await call("list", { page: 0, pageSize: 0 })).toMatchObject({
    accounts: [{ username: "alice" }, { username: "bob" }],
    totalCount: 2,
  });
  expect(await call("list", { page: 2, pageSize: 1 })).toMatchObject({
    accounts: [{ username: "bob" }],
    totalCount: 2,
  });
  expect(await call("list", { page: 3, pageSize: 1 })).toMatchObject({ accounts: [] });

  expect(await call("update", { username: "carol", password: "lorac" })).toEqual({});
  expect(await call("get", { username: "carol" })).toMatchObject({
    account: { username: "carol", password: expect.stringMatching(/^\$argon2id\$/) },
  });
  expect(readFileSync(file, "utf8")).toContain("- username: carol\n  password: $argon2id$");
  await broker.connect(login("carol"));

  await call("update", { username: "alice", password: "new" });
  await broker.refused(login("alice"));
  await broker.connect({ username: "alice", password: "new" });

  expect(await call("delete", { username: "alice" })).toEqual({});
  await broker.refused({ username: "alice", password: "new" });
  expect(readFileSync(file, "utf8")).not.toContain("alice");
});

test.each([
  ["get", { username: "nobody" }, 5, "no account nobody"],
  ["delete", { username: "nobody" }, 5, "no account nobody"],
  ["get", { username: "" }, 3, "username is missing"],
  ["delete", { username: "" }, 3, "username is missing"],
  ["update", { username: "", password: "x" }, 3, "username is missing"],
  ["update", { username: "x", password: "" }, 3, "password is missing"],
  ["update", { username: "x".repeat(65_536), password: "x" }, 3, "username of 65536 bytes exceeds 65535"],
])("%s answers what can't be with a status", async (method, request, code, message) => {
  const { call } = await serviceOf();
  await expect(call(method, request)).rejects.toMatchObject({ code, message });
});

test("a password that bcrypt can't keep whole is the caller's error", async () => {
  const { call } = await serviceOf({ new_hash: "bcrypt", bcrypt_cost: 4 });
  const request = { username: "x", password: "x".repeat(73) };
  await expect(call("update", request)).rejects.toMatchObject({ code: 3 });
});
