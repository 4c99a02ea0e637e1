import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";

let admin: AdminBroker;
beforeAll(async () => {
  admin = await startAdmin();
});
afterAll(() => admin.stop());

test("lists clients with every field of the reference, defaults and 64-bit strings included", async () => {
  const client = await admin.broker.connect({ clientId: "one", version: 4, username: "alice" });
  const { status, json } = await admin.rest("/v1/clients");
  expect(status).toBe(200);
  expect(json).toEqual({
    clients: [
      {
        client_id: "one",
      },
    ],
    total_count: 1,
  });
  await client.close?.();
});
