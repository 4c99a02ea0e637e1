/** What a broker under test is to the tests: addresses, and a way to start one with the limits a test needs. */

/** The configurations that tests ask for. */
export type ProfileName = "default" | "limited" | "secured" | "overlap" | "redirecting" | "fleeting";

/** Where a broker listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly webSocketPort?: number;
  readonly webSocketPath?: string;
}

/** A broker that we started. */
export interface Launched extends Endpoint {
  readonly pid: number;
  /** All it has written. */
  readonly log: () => string;
  /** Its exit code, once it has ended. */
  readonly exitCode: () => number | null;
  /** Collects its garbage; the MiB in use behind that. Only of our own broker. */
  readonly memoryInUse?: () => Promise<number>;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
}

/** A kind of broker. */
export interface Brokers {
  readonly name: string;
  /** Whether it is gmqttd. */
  readonly ours: boolean;
  /** It may answer a ping before it delivers; this many milliseconds later it has delivered. 0: it keeps the order. */
  readonly grace: number;
  /** Starts one; undefined when it can't be had with this profile. */
  launch(profile: ProfileName): Promise<Launched | undefined>;
}
