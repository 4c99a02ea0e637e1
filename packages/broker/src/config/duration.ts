/** Durations: `2h`, `20s`, `500ms`, `1h30m` in files, milliseconds in code. */

const millisecondsOf: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y;

/**
 * Milliseconds of a text such as `2h`, `500ms`, `1h30m`, `1.5h` or `0`; undefined when it is none. The units are ms, s,
 * m, h and d, and each part is smaller than the one before it.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  let total = 0;
  let unitBefore = Number.POSITIVE_INFINITY;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    const unit = found === null ? undefined : millisecondsOf[found[2]!];
    if (found === null || unit === undefined || unit >= unitBefore) return undefined;
    total += Number(found[1]) * unit;
    unitBefore = unit;
  }
  return text === "" || !Number.isSafeInteger(Math.round(total)) ? undefined : Math.round(total);
}

/** The shortest text for so many milliseconds: 5400000 is `1h30m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0";
  let text = "";
  let rest = milliseconds;
  for (const unit of ["d", "h", "m", "s", "ms"]) {
    const count = Math.floor(rest / millisecondsOf[unit]!);
    rest -= count * millisecondsOf[unit]!;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}
