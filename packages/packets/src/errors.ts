/** The three errors of the protocol; the class says the consequence: refuse, disconnect, refuse the version. */
import type { UserProperty } from "./properties/types.ts";
import { ReasonCode, reasonCodeName } from "./reason-code.ts";

/** What a refusal may tell the client besides its code. */
export interface MqttErrorOptions {
  /** Text for the client's people; 5.0 only. Default: none. */
  readonly reasonString?: string | undefined;
  /** User properties of the answer; 5.0 only. Default: none. */
  readonly userProperties?: readonly UserProperty[] | undefined;
  /** What led to the refusal; never sent. */
  readonly cause?: unknown;
}

/** A refusal: the request gets a negative answer, the connection lives. Hooks throw it too. */
export class MqttError extends Error {
  /** What the client is told. */
  readonly reasonCode: ReasonCode;
  /** Text for the client, when there is one. */
  readonly reasonString: string | undefined;
  /** User properties for the client, in order. */
  readonly userProperties: readonly UserProperty[];

  constructor(reasonCode: ReasonCode, options: MqttErrorOptions = {}) {
    super(
      options.reasonString ?? reasonCodeName(reasonCode),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = new.target.name;
    this.reasonCode = reasonCode;
    this.reasonString = options.reasonString;
    this.userProperties = options.userProperties ?? [];
  }
}

/** The peer broke the protocol: DISCONNECT with the code (5.0 only), then close (section 4.13). */
export class ProtocolError extends MqttError {
  constructor(reasonCode: ReasonCode, message: string, options: { cause?: unknown } = {}) {
    super(reasonCode, { reasonString: message, cause: options.cause });
  }
}

/** The limits that a decoder is given, by the names of its options. */
export type DecoderLimit = "maximumPacketSize" | "maximumUserProperties" | "maximumFilters";

/** A packet goes beyond a limit that the decoder was given: the peer may be right, and asks for too much. */
export class LimitExceededError extends ProtocolError {
  /** Which limit. */
  readonly limit: DecoderLimit;

  constructor(limit: DecoderLimit, reasonCode: ReasonCode, message: string) {
    super(reasonCode, message);
    this.limit = limit;
  }
}

/**
 * A CONNECT names a protocol or level that is not spoken here. A server may answer a wrong level with CONNACK 0x84 (or
 * return code 1), and closes silently on a wrong name [MQTT-3.1.2-1] [MQTT-3.1.2-2].
 */
export class UnsupportedVersionError extends ProtocolError {
  /** The protocol name as received. */
  readonly protocolName: string;
  /** The level byte as received. */
  readonly level: number;

  constructor(protocolName: string, level: number) {
    super(
      ReasonCode.UnsupportedProtocolVersion,
      `protocol ${JSON.stringify(protocolName)} level ${level} is not supported`,
    );
    this.protocolName = protocolName;
    this.level = level;
  }
}
