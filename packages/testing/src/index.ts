/** For authors of gmqtt plugins and stores: a broker in virtual time, scripted clients, contract suites. */
export type { LogLine } from "./broker/log-book.ts";
export type { PendingCommits, PersistenceSource, StoreConnection, TestBrokerOptions } from "./broker/options.ts";
export {
  type ConnectClientOptions,
  type CrashOptions,
  createTestBroker,
  type OpenConnectionOptions,
  type RestartOptions,
  type TestBroker,
} from "./broker/test-broker.ts";
export type { ConnectOptions, WillOptions } from "./client/connect-options.ts";
export type { Pace, RealPaceOptions } from "./client/pace.ts";
export type { PacketFields, PacketName, PacketsByName, ReceivedMessage, ReceivedPacket } from "./client/packets.ts";
export type { FilterOptions, PublishOptions, PublishResult } from "./client/requests.ts";
export { type OpenOptions, TestClient } from "./client/test-client.ts";
export { VirtualClock, type VirtualClockOptions } from "./clock/virtual-clock.ts";
export { type DescribePersistenceOptions, describePersistence } from "./contract/describe-persistence.ts";
export {
  type DescribePluginOptions,
  describePlugin,
  type PluginCase,
  type PluginCaseContext,
} from "./contract/describe-plugin.ts";
export type { StoreUnderTest } from "./contract/persistence/store-under-test.ts";
export type { Runner } from "./contract/runner.ts";
export { connectSocket, openSocket, type SocketOptions } from "./socket/open-socket.ts";
export { createSlowPersistence, type SlowPersistence, type SlowPersistenceOptions } from "./store/slow-persistence.ts";
