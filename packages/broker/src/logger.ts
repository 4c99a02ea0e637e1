/** What the broker needs of a logger; a pino instance fits as it is. */

/** Structured logging: fields first, then one lowercase line. */
export interface Logger {
  /** Least important level that is written, where that can be read and changed while the broker runs. */
  level?: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing; what an embedded broker uses unless it is given a logger. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
