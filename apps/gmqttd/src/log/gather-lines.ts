/** Log lines of one turn of the event loop go out in one piece: a thousand clients that connect at once are not a thousand writes. */

import type { DestinationStream } from "pino";

/** What is not written before the end of the turn: characters. */
const MOST = 64 * 1024;

/** Writes to `output` at the end of each turn, and before the process exits. */
export function gatherLines(output: DestinationStream): DestinationStream {
  let lines = "";
  const flush = (): void => {
    const gathered = lines;
    lines = "";
    if (gathered !== "") output.write(gathered);
  };
  process.once("exit", flush);
  return {
    write: (line) => {
      if (lines === "") setImmediate(flush);
      lines += line;
      if (lines.length > MOST) flush();
    },
  };
}
