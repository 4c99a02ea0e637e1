/** Which values are never shown. Stores and plugins have keys that the core does not know, so it goes by the name. */

/** What stands in place of a secret. */
const HIDDEN = "(hidden)";

/** True for names such as `password`, `api_token` or `secret`; not for `password_file`, which names a place. */
export function isSecret(key: string): boolean {
  return /(pass(word|wd|phrase)?|secret|token|credentials?|(api|private|access|signing)_?key)s?$/i.test(key);
}

/** A copy in which secrets, and passwords in addresses (`redis://user:password@host`), are hidden. */
export function hideSecrets(value: unknown, key = ""): unknown {
  if (isSecret(key)) return value === "" || value === null || value === undefined ? value : HIDDEN;
  if (typeof value === "string") return value.replace(/(:\/\/[^:@/\s]*):[^@/\s]+@/, `$1:${HIDDEN}@`);
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hideSecrets(item, name)]));
}
