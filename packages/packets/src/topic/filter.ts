/** Topic filters: where wildcards may stand, and what `$share/name/filter` means (sections 4.7 and 4.8.2). */
import { Buffer } from "../buffer.ts";
import { MAXIMUM_FIELD_LENGTH } from "../utf8.ts";

const SHARE_PREFIX = "$share/";

/** A valid topic filter in its parts. */
export interface ParsedFilter {
  /** What topics are matched with: without `$share/name/`. */
  readonly filter: string;
  /** The share name; `undefined` when the subscription is not shared. */
  readonly shareName: string | undefined;
  /** Whether the filter part has `+` or `#`. */
  readonly hasWildcard: boolean;
}

/** Whether `+` or `#` occurs. */
export function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

/** Whether the string starts like a shared subscription (`$share/`), valid or not. */
export function isSharedFilter(filter: string): boolean {
  return filter.startsWith(SHARE_PREFIX);
}

/**
 * Takes a topic filter apart. `undefined`: it is not a valid filter, or starts with `$share/` and is not a valid shared one
 * [MQTT-4.8.2-1] [MQTT-4.8.2-2]. The filter `$share` alone is an ordinary one.
 */
export function parseTopicFilter(filter: string): ParsedFilter | undefined {
  if (filter.length * 3 > MAXIMUM_FIELD_LENGTH && Buffer.byteLength(filter) > MAXIMUM_FIELD_LENGTH) return undefined; // [MQTT-4.7.3-3]
  if (!isSharedFilter(filter)) {
    return isPlainFilter(filter) ? { filter, shareName: undefined, hasWildcard: hasWildcard(filter) } : undefined;
  }
  const nameEnd = filter.indexOf("/", SHARE_PREFIX.length);
  if (nameEnd === -1) return undefined;
  const shareName = filter.slice(SHARE_PREFIX.length, nameEnd);
  const rest = filter.slice(nameEnd + 1);
  if (shareName === "" || hasWildcard(shareName) || shareName.includes("\u0000") || !isPlainFilter(rest))
    return undefined;
  return { filter: rest, shareName, hasWildcard: hasWildcard(rest) };
}

/** Whether a client may subscribe to it; shared subscriptions included. */
export function isValidTopicFilter(filter: string): boolean {
  return parseTopicFilter(filter) !== undefined;
}

/** `#` ends the filter, and both wildcards fill their level [MQTT-4.7.1-1] [MQTT-4.7.1-2]. */
function isPlainFilter(filter: string): boolean {
  const length = filter.length;
  if (length === 0) return false; // [MQTT-4.7.3-1]
  for (let i = 0; i < length; i++) {
    const character = filter.charCodeAt(i);
    if (character === 0) return false; // [MQTT-4.7.3-2]
    if (character !== PLUS && character !== HASH) continue;
    if (i > 0 && filter.charCodeAt(i - 1) !== SLASH) return false;
    if (i + 1 < length && (character === HASH || filter.charCodeAt(i + 1) !== SLASH)) return false;
  }
  return true;
}

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;
