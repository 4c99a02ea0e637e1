/** Who each client is as far as rules are concerned, and the rules that follow from that; sessions that are away included. */

import { isDeepStrictEqual } from "node:util";
import type { Client, SessionInfo } from "@gmqtt/broker";
import { AccessList } from "./access-list.ts";
import type { AccessRule, Subject } from "./rule.ts";

/** The rules of the configuration and its files. */
export interface AccessPolicy {
  /** undefined: there are none, and everybody may do everything that his token does not speak of. */
  readonly rules: readonly AccessRule[] | undefined;
  readonly allowOtherwise: boolean;
  /** Logins may bring rules of their own. */
  readonly tokenRules: boolean;
}

/** Everybody may do everything. */
const OPEN: AccessPolicy = { rules: undefined, allowOtherwise: false, tokenRules: false };

interface Identity {
  readonly subject: Subject;
  /** Rules that came with the login. */
  readonly own: readonly AccessRule[] | undefined;
  /** Made when first needed, under the policy in force; null: no rules. */
  list: AccessList | null | undefined;
}

export class Identities {
  readonly #clients: WeakMap<Client, Identity> = new WeakMap();
  /** By client identifier, as long as the session lives. */
  readonly #sessions: Map<string, Identity> = new Map();
  #policy: AccessPolicy = OPEN;
  #byAddress = false;

  /** Sessions known. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Whether anybody could be refused anything. */
  get active(): boolean {
    return this.#policy.rules !== undefined || this.#policy.tokenRules;
  }

  /** New rules hold for everybody from now on. */
  use(policy: AccessPolicy): void {
    this.#policy = policy;
    this.#byAddress = policy.rules?.some(({ who }) => who.addresses !== undefined) ?? false;
    for (const identity of this.#sessions.values()) identity.list = undefined;
  }

  /** What a client may do that is not accepted yet; undefined: everything. */
  listFor(subject: Subject, own: readonly AccessRule[] | undefined): AccessList | undefined {
    return this.#make(subject, own) ?? undefined;
  }

  /** The client is connected. True when what its session may receive could be different from before. */
  connected(client: Client, own: readonly AccessRule[] | undefined): boolean {
    const identity: Identity = { subject: subjectOf(client), own, list: undefined };
    const { clientId } = identity.subject;
    const before = this.#sessions.get(clientId);
    this.#clients.set(client, identity);
    this.#sessions.set(clientId, identity);
    return before !== undefined && !this.#same(before, identity);
  }

  /** The session is gone. */
  ended(clientId: string): void {
    this.#sessions.delete(clientId);
  }

  /** The rules for a connected client; undefined: it may do everything. */
  ofClient(client: Client): AccessList | undefined {
    let identity = this.#clients.get(client);
    if (identity === undefined) {
      this.connected(client, undefined);
      identity = this.#clients.get(client) as Identity;
    }
    return this.#listOf(identity);
  }

  /** The rules for a session; `look` finds one that the store brought back and whose client was not here yet. */
  ofSession(clientId: string, look: (clientId: string) => SessionInfo | undefined): AccessList | undefined {
    let identity = this.#sessions.get(clientId);
    if (identity === undefined) {
      const session = look(clientId);
      const subject = { clientId, username: session?.username, address: undefined, commonName: undefined };
      identity = { subject, own: undefined, list: undefined };
      if (session !== undefined) this.#sessions.set(clientId, identity);
    }
    return this.#listOf(identity);
  }

  #listOf(identity: Identity): AccessList | undefined {
    if (identity.list === undefined) identity.list = this.#make(identity.subject, identity.own);
    return identity.list ?? undefined;
  }

  #make(subject: Subject, own: readonly AccessRule[] | undefined): AccessList | null {
    const { allowOtherwise, rules, tokenRules } = this.#policy;
    if (rules === undefined && own === undefined) return null;
    // Not back since a restart: what its login allowed is not known, but it was asked when the subscription was made.
    const believed = tokenRules && subject.address === undefined;
    return new AccessList([...(own ?? []), ...(rules ?? [])], subject, allowOtherwise || believed);
  }

  #same(before: Identity, now: Identity): boolean {
    const { address, ...rest } = before.subject;
    const { address: addressNow, ...restNow } = now.subject;
    const sameAddress = address === addressNow || (!this.#byAddress && address !== undefined);
    return sameAddress && isDeepStrictEqual(rest, restNow) && isDeepStrictEqual(before.own, now.own);
  }
}

/** A connected client as rules see it. */
function subjectOf({ connection, options }: Client): Subject {
  const { clientId, username } = options;
  return { clientId, username, address: connection.remoteAddress, commonName: commonNameOf(connection) };
}

/** Common Name of a verified certificate. */
export function commonNameOf({ certificate }: Client["connection"]): string | undefined {
  const name: unknown = certificate?.subject?.CN;
  return typeof name === "string" ? name : undefined;
}
