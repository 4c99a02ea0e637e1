/** One access rule: who may, or may not, do what with which topics. */

import { BlockList, isIP } from "node:net";
import type { QoS } from "@gmqtt/broker";

/** What a rule is about. "receive" is what a subscription brings. */
export type Action = "publish" | "subscribe";

/** Somebody rules are asked about. */
export interface Subject {
  readonly clientId: string;
  /** undefined: anonymous. */
  readonly username: string | undefined;
  /** "" where the transport has none; undefined when it is not known, as after a restart for a client that is not back. */
  readonly address: string | undefined;
  /** Of a verified certificate; undefined without one. */
  readonly commonName: string | undefined;
}

/** Who a rule is for; what is left out is anybody. */
export interface Who {
  readonly usernames?: ReadonlySet<string>;
  readonly clientIds?: ReadonlySet<string>;
  readonly addresses?: BlockList;
  readonly commonNames?: ReadonlySet<string>;
  readonly anonymous?: boolean;
}

/** A rule, checked and ready. */
export interface AccessRule {
  /** For logs and explanations, for example `acl rule 3`. */
  readonly name: string;
  readonly allow: boolean;
  readonly actions: ReadonlySet<Action>;
  readonly who: Who;
  /** Topic filters, `%u` and `%c` not yet replaced. */
  readonly topics: readonly string[];
  readonly maxQoS: QoS;
  /** May publish retained messages. */
  readonly retain: boolean;
}

/** Is the rule for this subject? Of an unknown address or certificate it is believed that allows apply and denials don't. */
export function concerns(rule: AccessRule, subject: Subject): boolean {
  const { addresses, anonymous, clientIds, commonNames, usernames } = rule.who;
  if (anonymous !== undefined && anonymous !== (subject.username === undefined)) return false;
  if (usernames !== undefined && (subject.username === undefined || !usernames.has(subject.username))) return false;
  if (clientIds !== undefined && !clientIds.has(subject.clientId)) return false;
  if (subject.address === undefined) return rule.allow || (addresses === undefined && commonNames === undefined);
  if (addresses !== undefined && !contains(addresses, subject.address)) return false;
  return commonNames === undefined || (subject.commonName !== undefined && commonNames.has(subject.commonName));
}

/**
 * The rule's filters for a subject. A name that holds `/`, `+`, `#`, begins with `$` or is empty could reach into what is
 * another's: a rule that allows does not apply to it, one that denies takes it for any level.
 */
export function filtersFor(rule: AccessRule, subject: Subject): string[] {
  return rule.topics.flatMap((topic) => {
    if (!topic.includes("%")) return [topic];
    const levels = topic.split("/").map((level) => fill(level, subject));
    if (!levels.includes(undefined)) return [levels.join("/")];
    return rule.allow ? [] : [levels.map((level) => level ?? "+").join("/")];
  });
}

function fill(level: string, { clientId, username }: Subject): string | undefined {
  let safe = true;
  const filled = level.replace(/%[uc]/g, (placeholder) => {
    const value = placeholder === "%u" ? username : clientId;
    if (value === undefined || value === "" || value.startsWith("$") || /[/+#]/.test(value)) safe = false;
    return value ?? "";
  });
  return safe ? filled : undefined;
}

function contains(list: BlockList, address: string): boolean {
  const plain = address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
}

/** A list of addresses and ranges as `10.0.0.0/8`; undefined when one of them is none. */
export function addressList(ranges: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix, ...rest] = range.split("/");
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const length = prefix === undefined ? longest : Number(prefix);
    if (family === 0 || rest.length > 0 || prefix === "" || !Number.isInteger(length)) return undefined;
    if (length < 0 || length > longest) return undefined;
    list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
