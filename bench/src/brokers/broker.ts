/** What a broker is to the runner: something that can be started with the features a workload asks for. */

/** A feature beyond MQTT 3.1.1 over TCP, in memory, for everybody. */
export type Feature = "mqtt 5" | "shared subscriptions" | "websocket" | "tls" | "accounts" | "redis" | "long queues";

/** The account of the workloads that log in. */
export const ACCOUNT = { username: "bench", password: "secret" } as const;

/** How a broker is to be started. */
export interface Setup {
  readonly features: ReadonlySet<Feature>;
  /** For configuration files; removed after the run. */
  readonly folder: string;
  /** A certificate for 127.0.0.1, where there is TLS. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
}

/** A broker that runs. */
export interface RunningBroker {
  readonly pid: number;
  readonly port: number;
  readonly tlsPort?: number;
  readonly webSocketPort?: number;
  readonly webSocketPath?: string;
  /** The longest pause of its event loop since this was asked before, in milliseconds; of brokers that tell. */
  pause?(): Promise<number>;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** A kind of broker. */
export interface Broker {
  readonly name: string;
  /** What to write into the report; undefined when it is not installed. */
  readonly version: string | undefined;
  /** How it is had when it is not installed. */
  readonly hint: string;
  readonly features: ReadonlySet<Feature>;
  start(setup: Setup): Promise<RunningBroker>;
}
