/** Log lines of one turn of the event loop go out in one piece: a thousand clients that connect at once are not a thousand writes. */

import type { DestinationStream } from "pino";

/** What is not written before the end of the turn: characters. */
const MOST = 64 * 1024;
/** Lines that follow each other wait so long for more: milliseconds. */
const SHORTEST_PAUSE = 10;

/**
 * Writes to `output` at the end of the turn, or, when the last time was just before, a little later; and before the
 * process exits.
 */
export function gatherLines(output: DestinationStream): DestinationStream {
  let lines = "";
  let writtenAt = Number.NEGATIVE_INFINITY;
  const flush = (): void => {
    const gathered = lines;
    lines = "";
    if (gathered === "") return;
    writtenAt = performance.now();
    output.write(gathered);
  };
  process.once("exit", flush);
  return {
    write: (line) => {
      if (lines === "") {
        if (performance.now() - writtenAt < SHORTEST_PAUSE) setTimeout(flush, SHORTEST_PAUSE);
        else setImmediate(flush);
      }
      lines += line;
      if (lines.length > MOST) flush();
    },
  };
}
