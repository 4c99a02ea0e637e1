/** What a client shows at the door, and what those who look at it answer. */

import type { Awaitable } from "@gmqtt/broker";
import type { AccessRule } from "../access/rule.ts";

/** What a CONNECT says of who is there. */
export interface Credentials {
  /** "" when the broker is to assign one. */
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** "" where the transport has none. */
  readonly address: string;
  /** Common Name of a verified client certificate. */
  readonly commonName: string | undefined;
  readonly protocolVersion: 3 | 4 | 5;
}

/** Somebody who may come in. */
export interface Accepted {
  readonly outcome: "accepted";
  /** Replaces what the client called itself; undefined leaves it. */
  readonly username?: string;
  /** The only client identifier this may be used with. */
  readonly clientId?: string;
  /** When it ends, milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Rules that come before all others. */
  readonly rules?: readonly AccessRule[];
}

/** refused: this source knows better, nobody else is asked. */
export interface Refused {
  readonly outcome: "refused";
  /** For the log. */
  readonly reason: string;
  /** The source could not tell (away, overloaded): no failure of the client's. */
  readonly unavailable?: boolean;
}

/** Not this source's business: the next one is asked. */
export interface Unknown {
  readonly outcome: "unknown";
  /** Takes as long as checking a wrong password; waited for when nobody else knows the client. */
  readonly pretend?: () => Promise<void>;
}

/** The answer of one source. */
export type SourceAnswer = Accepted | Refused | Unknown;

/** Somebody who can tell whether credentials are right. */
export interface CredentialSource {
  /** As in the key `sources`. */
  readonly name: string;
  /** `wanted` turns false when the answer is of no use any more; whatever costs much asks before it starts. */
  check(credentials: Credentials, wanted: () => boolean): Awaitable<SourceAnswer>;
  close(): Awaitable<void>;
}
