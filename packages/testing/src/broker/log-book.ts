/** What a broker under test logged, to be looked at. */

import type { Logger } from "@gmqtt/broker";

/** One line of the log. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps every line, and passes it on to another one if there is one. */
export class LogBook implements Logger {
  readonly lines: LogLine[] = [];
  readonly #next: Logger | undefined;

  constructor(next?: Logger) {
    this.#next = next;
  }

  debug(fields: object, message: string): void {
    this.#write("debug", fields, message);
  }

  info(fields: object, message: string): void {
    this.#write("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#write("error", fields, message);
  }

  #write(level: LogLine["level"], fields: object, message: string): void {
    this.lines.push({ level, fields, message });
    this.#next?.[level](fields, message);
  }
}
