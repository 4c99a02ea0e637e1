/** Who may not connect, by client identifier, user name and address, until when. */

import { BlockList, isIP } from "node:net";
import type { Clock } from "@gmqtt/broker";

/** What a ban goes by. */
export type BanKind = "client_id" | "username" | "address";

/** A ban. */
export interface Ban {
  readonly kind: BanKind;
  readonly value: string;
  /** For people; clients are not told. */
  readonly reason: string;
  readonly createdBy: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970; undefined: until it is lifted. */
  readonly expiresAt: number | undefined;
}

/** Who asks to be let in, as far as that is known. */
export interface Visitor {
  readonly clientId?: string | undefined;
  readonly username?: string | undefined;
  readonly address?: string | undefined;
}

interface Network {
  readonly ban: Ban;
  readonly addresses: BlockList;
}

export class BanList {
  readonly #clock: Pick<Clock, "now">;
  /** By kind and value. */
  readonly #bans: Map<string, Ban> = new Map();
  /** Address bans that stand for more than one address. */
  readonly #networks: Map<string, Network> = new Map();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Puts a ban in force, in place of one of the same. */
  add(ban: Ban): void {
    const key = keyOf(ban.kind, ban.value);
    this.#bans.set(key, ban);
    if (ban.kind === "address" && ban.value.includes("/")) {
      this.#networks.set(key, { ban, addresses: networkOf(ban.value) });
    }
  }

  /** False when there was none in force. */
  remove(kind: BanKind, value: string): boolean {
    const key = keyOf(kind, value);
    const ban = this.#bans.get(key);
    this.#forget(key);
    return ban !== undefined && this.#holds(ban);
  }

  /** Bans in force, the oldest first. */
  list(): readonly Ban[] {
    for (const [key, ban] of this.#bans) if (!this.#holds(ban)) this.#forget(key);
    return [...this.#bans.values()];
  }

  /** The ban that keeps a visitor out; undefined when none does. */
  find({ address, clientId, username }: Visitor): Ban | undefined {
    if (this.#bans.size === 0) return undefined;
    return this.#get("client_id", clientId) ?? this.#get("username", username) ?? this.#findAddress(address);
  }

  #findAddress(given: string | undefined): Ban | undefined {
    if (given === undefined || given === "") return undefined;
    const address = plainAddress(given);
    const ban = this.#get("address", address);
    if (ban !== undefined || this.#networks.size === 0) return ban;
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    for (const { addresses, ban: wide } of this.#networks.values()) {
      if (this.#holds(wide) && addresses.check(address, family)) return wide;
    }
    return undefined;
  }

  #get(kind: BanKind, value: string | undefined): Ban | undefined {
    if (value === undefined) return undefined;
    const ban = this.#bans.get(keyOf(kind, value));
    return ban !== undefined && this.#holds(ban) ? ban : undefined;
  }

  #holds({ expiresAt }: Ban): boolean {
    return expiresAt === undefined || expiresAt > this.#clock.now();
  }

  #forget(key: string): void {
    this.#bans.delete(key);
    this.#networks.delete(key);
  }
}

/** The value as it is compared; undefined when it is none of its kind. */
export function banValue(kind: BanKind, value: string): string | undefined {
  if (kind !== "address") return value === "" ? undefined : value;
  const [address = "", prefix, ...rest] = value.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  if (prefix === undefined) return plainAddress(address);
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > (version === 4 ? 32 : 128)) return undefined;
  return `${address.toLowerCase()}/${Number(prefix)}`;
}

/** IPv4 addresses that came in over IPv6 are IPv4 addresses; IPv6 ones are written in one way only. */
function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  if (lower.startsWith("::ffff:") && isIP(lower.slice(7)) === 4) return lower.slice(7);
  if (isIP(lower) !== 6 || lower.includes("%")) return lower;
  return new URL(`http://[${lower}]`).hostname.slice(1, -1);
}

function networkOf(value: string): BlockList {
  const [address = "", prefix = "0"] = value.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
  return list;
}

function keyOf(kind: BanKind, value: string): string {
  return `${kind} ${value}`;
}
