/** "did you mean max_inflight?" */

import { distance } from "fastest-levenshtein";

/** The question, if there is anything to ask. */
export function didYouMean(meant: string | undefined): string | undefined {
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** The candidate that `word` was most likely meant to be; undefined when none is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = bare(word);
  let best: string | undefined;
  // Two neighbours that changed places count as two.
  let limit = wanted.length < 4 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  for (const candidate of candidates) {
    const edits = distance(wanted, bare(candidate));
    if (edits > limit) continue;
    best = candidate;
    limit = edits - 1;
  }
  return best;
}

/** `maxInflight`, `max-inflight` and `MAX_INFLIGHT` are the same word in other clothes. */
function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
