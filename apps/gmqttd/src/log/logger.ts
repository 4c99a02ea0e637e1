/** The process's logger: pino, as lines of JSON or of text, on the standard output. */

import type { LogConfig, Logger } from "@gmqtt/broker";
import { type DestinationStream, destination, pino } from "pino";
import { gatherLines } from "./gather-lines.ts";
import { formatText } from "./text-format.ts";

/** A logger whose level can change while the broker runs. */
export interface ProcessLogger extends Logger {
  level: string;
  isLevelEnabled(level: string): boolean;
}

/** Opens the logger. `output` is the standard output unless a test wants the lines. */
export function createLogger(config: LogConfig, output: DestinationStream = standardOutput()): ProcessLogger {
  const text: DestinationStream = { write: (line) => output.write(formatText(line)) };
  return pino(
    {
      level: config.level,
      // Process id and host name are known to whoever runs the process; the first line has the id.
      base: null,
      timestamp: timestamps(),
      formatters: { level: (label) => ({ level: label }) },
    },
    config.format === "json" ? output : text,
  );
}

/** pino's isoTime, which is made once for all lines of a millisecond. */
function timestamps(): () => string {
  let madeAt = 0;
  let field = "";
  return () => {
    const now = Date.now();
    if (now !== madeAt) {
      madeAt = now;
      field = `,"time":"${new Date(now).toISOString()}"`;
    }
    return field;
  };
}

/** Synchronous, so that the last lines before an exit are not lost. A reader that went away is no reason to stop. */
function standardOutput(): DestinationStream {
  const stream = destination({ dest: 1, sync: true });
  stream.on("error", () => {});
  return gatherLines(stream);
}
