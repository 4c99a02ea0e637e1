/** What is wrong with an access file. */

/** The file can't be used; the message names the line. */
export class AccessFileError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "AccessFileError";
  }
}
