/** Turns a page of the documentation into one shell session: its commands in their order, its files where it shows them. */
import { readFileSync } from "node:fs";

/** The fenced blocks of a page: language, file (where the fence names one) and text. */
function blocksOf(page) {
  const fences = readFileSync(page, "utf8").matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
  return [...fences].map(([, language, file, text]) => ({ language, file, text }));
}

/**
 * A script for bash, and what it has to say: `parts[n]` of `expected` are the lines that a `text` block promises of the `sh` block
 * above it. Between two parts the script prints `mark`. What a block leaves running in the background is waited for with `ready`.
 */
export function pageSession(page, { change, ready, mark }) {
  // Both outputs go one way: by two, what a command said could come behind the mark that follows it.
  const script = ["set -e", "exec 2>&1"];
  const expected = [];
  for (const { language, file, text } of blocksOf(page)) {
    if (file !== undefined) script.push(`cat >${file} <<'END OF FILE'`, `${change(text)}END OF FILE`);
    else if (language === "text") expected.at(-1)?.push(...text.trimEnd().split("\n"));
    else if (language === "sh") {
      script.push(`echo '${mark}'`, change(text).trimEnd());
      if (text.trimEnd().endsWith("&")) script.push(ready);
      expected.push([]);
    }
  }
  script.push(`echo '${mark}'`);
  return { script: script.join("\n"), expected };
}
