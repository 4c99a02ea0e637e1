/** Log lines for people: `2026-11-23T09:39:19.123Z INFO  listening address=[::]:1883 kind=tcp`. */

/** What pino writes: one JSON object a line. */
interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly msg?: string;
  readonly err?: { readonly type?: string; readonly message?: string; readonly stack?: string };
  readonly [field: string]: unknown;
}

/** One line for a pino line; the stack of a logged error follows on lines of its own. */
export function formatText(json: string): string {
  const record = JSON.parse(json) as LogRecord;
  const { err, level, msg = "", time } = record;
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${msg}`;
  // Taking the fields out by a rest pattern costs more than the rest of the line, and each client has two lines.
  for (const name of Object.keys(record)) {
    if (name !== "time" && name !== "level" && name !== "msg" && name !== "err") {
      line += ` ${name}=${formatValue(record[name])}`;
    }
  }
  if (err === undefined) return `${line}\n`;
  const stack = typeof err.stack === "string" ? `${err.stack.replaceAll(/^/gm, "    ")}\n` : "";
  return `${line} error=${formatValue(err.message ?? err)}\n${stack}`;
}

/** Values with spaces, quotes or line breaks are quoted: a client id can't fake a line of its own. */
function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  return typeof value === "string" && (text === "" || /[\s"=\u0000-\u001f\u007f-\u009f]/.test(text))
    ? JSON.stringify(text)
    : text;
}
