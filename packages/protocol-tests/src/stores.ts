/** The stores that every protocol suite runs with, and how a suite starts its brokers. */

import { createSlowPersistence, createTestBroker, type TestBroker, type TestBrokerOptions } from "@gmqtt/testing";
import { onTestFinished } from "vitest";
import { hasRedis, RedisSource } from "./fixtures/redis-source.ts";

/** One kind of store. */
export interface StoreCase {
  /** For the name of the suite. */
  readonly name: string;
  /** True: what was acknowledged survives a restart. */
  readonly durable: boolean;
  /** Starts a broker on a new store of this kind; it is stopped when the test is over. */
  start(options?: TestBrokerOptions): Promise<TestBroker>;
}

const redis: StoreCase = {
  name: "redis",
  durable: true,
  start: async (options) => startBroker({ persistence: await RedisSource.create(), ...options }),
};

/** Every kind of store; for `describe.each`. */
export const stores: readonly StoreCase[] = [
  { name: "memory", durable: false, start: (options) => startBroker(options) },
  {
    name: "slow durable",
    durable: true,
    start: (options) => startBroker({ persistence: createSlowPersistence(), ...options }),
  },
  // Only where a redis-server is installed: the tests start their own.
  ...(hasRedis ? [redis] : []),
];

/** The stores that survive a restart. */
export const durableStores: readonly StoreCase[] = stores.filter(({ durable }) => durable);

/** Without `$SYS` messages, which would only cost time, unless the test asks for them. */
async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await createTestBroker({ ...options, config: { sys: { interval: 0 }, ...options.config } });
  onTestFinished(() => broker.stop());
  return broker;
}
