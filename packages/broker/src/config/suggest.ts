/** "did you mean max_inflight?" */

/** The candidate that `word` was most likely meant to be; undefined when none is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = bare(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, bare(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `maxInflight`, `max-inflight` and `MAX_INFLIGHT` are the same word in other clothes. */
function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const withSwap = swapped ? twoAbove[column - 2]! + 1 : replaced;
      current.push(Math.min(replaced, withSwap, above[column]! + 1, current[column - 1]! + 1));
    }
    twoAbove = above;
    above = current;
  }
  return above[b.length]!;
}
