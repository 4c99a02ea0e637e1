/** Puts the generated part between its marks in a page that people have written; charts and JSON go beside it. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { Outcome } from "../run/compare.ts";
import type { Picture } from "./charts.ts";

const BEGIN = "<!-- bench: begin -->";
const END = "<!-- bench: end -->";

/** Replaces what stands between the marks; a page without them gets them at its end. */
export function insert(page: string, generated: string): string {
  const part = `${BEGIN}\n\n${generated}\n\n${END}`;
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${part}\n`.trimStart();
  return page.slice(0, begin) + part + page.slice(end + END.length);
}

/** Writes the page `out`, and pictures and results into the folder of the same name. */
export function writePage(out: string, text: string, pictures: readonly Picture[], outcomes: readonly Outcome[]): void {
  const name = basename(out, extname(out));
  const folder = join(dirname(out), name);
  mkdirSync(folder, { recursive: true });
  for (const { file, svg } of pictures) writeFileSync(join(folder, file), svg);
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(resultsOf(outcomes), null, 2)}\n`);
  const images = pictures.map(({ file, title }) => `![${title}](${name}/${file})`);
  const page = existsSync(out) ? readFileSync(out, "utf8") : "";
  writeFileSync(out, insert(page, [text, ...images].join("\n\n")));
}

/** Medians by workload and broker. */
function resultsOf(outcomes: readonly Outcome[]): object {
  return Object.fromEntries(
    outcomes.map(({ results, workload }) => [
      workload.name,
      Object.fromEntries([...results].map(([name, { faults, figures }]) => [name, { ...rounded(figures), faults }])),
    ]),
  );
}

function rounded(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]));
}
