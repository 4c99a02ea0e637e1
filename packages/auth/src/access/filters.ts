/** How two topic filters relate: does one hold everything of the other, have they anything in common? (MQTT 5.0 section 4.7) */

/** A filter without what makes it shared. */
export function withoutShare(filter: string): string {
  if (!filter.startsWith("$share/")) return filter;
  const end = filter.indexOf("/", "$share/".length);
  return end < 0 ? filter : filter.slice(end + 1);
}

/** Does `wide` match every topic that `narrow` matches? */
export function covers(wide: string, narrow: string): boolean {
  const outer = wide.split("/");
  const inner = narrow.split("/");
  if (startsBeyondWildcard(outer, inner)) return false;
  for (let index = 0; ; index++) {
    const level = outer[index];
    const other = inner[index];
    if (level === "#") return true; // "a/#" holds "a" as well
    if (level === undefined || other === undefined) {
      // "a/b" is not all of "a/b/#", and "a/+/#" is all of "a/+"; anything else of different length is not.
      return level === undefined && other === undefined;
    }
    if (other === "#") return false;
    if (level !== "+" && level !== other) return false;
  }
}

/** Is there a topic that both match? */
export function overlaps(one: string, other: string): boolean {
  const left = one.split("/");
  const right = other.split("/");
  if (startsBeyondWildcard(left, right) || startsBeyondWildcard(right, left)) return false;
  for (let index = 0; ; index++) {
    const a = left[index];
    const b = right[index];
    if (a === "#" || b === "#") return true;
    if (a === undefined || b === undefined) {
      if (a === undefined && b === undefined) return true;
      // What is longer may end in "#", which stands for no level, too.
      return false;
    }
    if (a !== "+" && b !== "+" && a !== b) return false;
  }
}

/** A wildcard at the first level never stands for a level that begins with `$` [MQTT-4.7.2-1]. */
function startsBeyondWildcard(outer: readonly string[], inner: readonly string[]): boolean {
  return (outer[0] === "#" || outer[0] === "+") && (inner[0] ?? "").startsWith("$");
}
