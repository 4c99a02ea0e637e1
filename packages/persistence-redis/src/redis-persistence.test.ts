import { describePersistence } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { TestStore } from "./testing/open-store.ts";
import { RedisServer } from "./testing/redis-server.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.dispose());

describePersistence("redis", () => TestStore.create(server.port, { connect_timeout: "500ms" }), {
  describe,
  it,
  outages: true,
});
