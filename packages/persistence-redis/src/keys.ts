/** The names of the keys (docs/redis-layout.md). All keys of one session have the same hash tag. */

/** Version of the whole layout; kept in the broker's key. */
export const LAYOUT_VERSION = 1;

/** Fields of a session's hash. */
export const SessionField = {
  Session: "session",
  Will: "will",
  /** Followed by the filter. */
  Subscription: "sub:",
  /** Followed by a packet identifier. */
  Incoming: "in:",
  /** Followed by a sequence. */
  Outgoing: "out:",
} as const;

/** The member of a queue whose score is the negative of the highest sequence that was ever in it. */
export const LAST_MEMBER = "last";

export class Keys {
  /** Who owns the keys, and how far its commits are. */
  readonly broker: string;
  /** Hash of all retained messages by topic. */
  readonly retained: string;
  /** In a cluster: list of commits that may not have reached all sessions. */
  readonly log: string;
  readonly #prefix: string;
  readonly #sessionPrefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.broker = `${prefix}{broker}`;
    this.log = `${prefix}{broker}:log`;
    this.retained = `${prefix}retained`;
    this.#sessionPrefix = `${prefix}session:{`;
  }

  /** Hash: the session, its will, subscriptions, packet identifiers. */
  session(clientId: string): string {
    return `${this.#sessionPrefix}${escapeTag(clientId)}}`;
  }

  /** Sorted set: the deliveries by sequence. */
  queue(clientId: string): string {
    return `${this.#prefix}queue:{${escapeTag(clientId)}}`;
  }

  /** Pattern of all `session` keys. */
  get sessionPattern(): string {
    return `${this.#sessionPrefix.replace(/[*?[\]\\^]/g, "\\$&")}*`;
  }

  /** The client identifier in a `session` key. */
  clientIdOf(sessionKey: string): string {
    return unescapeTag(sessionKey.slice(this.#sessionPrefix.length, -1));
  }
}

/** A brace would end the hash tag, or make it empty. */
function escapeTag(clientId: string): string {
  return /[%{}]/.test(clientId) ? clientId.replace(/[%{}]/g, encodeURIComponent) : clientId;
}

function unescapeTag(tag: string): string {
  return tag.includes("%") ? tag.replace(/%25|%7B|%7D/g, decodeURIComponent) : tag;
}
