/** What a test says about the CONNECT of a scripted client. */

import type { ConnectPacket, ConnectProperties, ProtocolVersion, QoS, WillProperties } from "@gmqtt/packets";
import { makePacket } from "./packets.ts";

/** A will as tests write it. */
export interface WillOptions {
  readonly topic: string;
  /** Default: empty. */
  readonly payload?: string | Uint8Array;
  /** Default: 0. */
  readonly qos?: QoS;
  /** Default: false. */
  readonly retain?: boolean;
  readonly properties?: WillProperties;
}

/** The CONNECT of a scripted client, and how the client behaves afterwards. */
export interface ConnectOptions {
  /** 3 (3.1), 4 (3.1.1) or 5. Default: 5. */
  readonly version?: ProtocolVersion;
  /** Default: a name that no other client of this process has; "" is sent as it is. */
  readonly clientId?: string;
  /** Clean Start, in 3.x Clean Session. Default: true. */
  readonly cleanStart?: boolean;
  /** Seconds; 0: none. Default: 0. */
  readonly keepAlive?: number;
  readonly username?: string;
  readonly password?: string | Uint8Array;
  readonly will?: WillOptions;
  readonly properties?: ConnectProperties;
  /** Answers QoS 1 and 2 messages by itself. Default: true. */
  readonly autoAck?: boolean;
}

let unnamed = 0;

/** The CONNECT packet that the options stand for. */
export function connectPacket(options: ConnectOptions): ConnectPacket {
  const { version = 5, cleanStart = true, keepAlive = 0, username, password, will, properties } = options;
  const clientId = options.clientId ?? `test-${++unnamed}`;
  return makePacket("connect", {
    protocolVersion: version,
    clientId,
    cleanStart,
    keepAlive,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: toBytes(password) }),
    ...(will === undefined ? {} : { will: completeWill(will) }),
    ...(properties === undefined ? {} : { properties }),
  }) as ConnectPacket;
}

/** Texts are sent as UTF-8. */
export function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : value;
}

function completeWill(will: WillOptions): NonNullable<ConnectPacket["will"]> {
  const { topic, payload = "", qos = 0, retain = false, properties } = will;
  return { topic, payload: toBytes(payload), qos, retain, ...(properties === undefined ? {} : { properties }) };
}
