/** Which values are never shown. Stores and plugins have keys that the core does not know, so it goes by the name. */

/** What stands in place of a secret. */
const HIDDEN = "(hidden)";
/** `name=value` in the query of an address. */
const PARAMETER = /([?&])([^=&#\s]+)=[^&#\s]*/g;

/** True for names such as `password`, `api_token` or `secret`; not for `password_file`, which names a place. */
export function isSecret(key: string): boolean {
  return /(pass(word|wd|phrase)?|secret|token|credentials?|(api|private|access|signing)_?key)s?$/i.test(key);
}

/**
 * A copy in which secrets are hidden, and with them what HTTP headers say, passwords in addresses
 * (`redis://user:password@host`) and secret parameters in them (`?token=...`).
 */
export function hideSecrets(value: unknown, key = ""): unknown {
  if (isSecret(key)) return value === "" || value === null || value === undefined ? value : HIDDEN;
  if (typeof value === "string") return hideInAddress(value);
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  // Any header may be the one that opens the door.
  if (/^headers$/i.test(key)) return Object.fromEntries(entries.map(([name]) => [name, HIDDEN]));
  return Object.fromEntries(entries.map(([name, item]) => [name, hideSecrets(item, name)]));
}

function hideInAddress(text: string): string {
  if (!text.includes("://")) return text;
  return text
    .replace(/(:\/\/[^:@/\s]*):[^@/\s]+@/, `$1:${HIDDEN}@`)
    .replace(PARAMETER, (whole, mark: string, name: string) => (isSecret(name) ? `${mark}${name}=${HIDDEN}` : whole));
}
