/**
 * Holds the coverage of the last `npm test -- --coverage` against its floor: lines and branches of the packages that
 * carry the protocol.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/run.mjs";

/** Percent, of lines and of branches alike. */
const floors = { "packages/packets": 95, "packages/broker": 95 };

const summary = join(root, "coverage/coverage-summary.json");
if (!existsSync(summary)) {
  console.error("no coverage/coverage-summary.json: run `npm test -- --coverage` first");
  process.exit(1);
}
const files = JSON.parse(readFileSync(summary, "utf8"));

let low = 0;
for (const [folder, floor] of Object.entries(floors)) {
  for (const kind of ["lines", "branches"]) {
    const percent = percentOf(join(root, folder, "src/"), kind);
    const enough = percent >= floor;
    if (!enough) low++;
    console.log(`${enough ? "ok  " : "LOW "} ${folder} ${kind} ${percent.toFixed(2)} %, floor ${floor} %`);
  }
}
process.exitCode = low === 0 ? 0 : 1;

function percentOf(folder, kind) {
  let covered = 0;
  let total = 0;
  for (const [path, counts] of Object.entries(files)) {
    if (!path.startsWith(folder)) continue;
    covered += counts[kind].covered;
    total += counts[kind].total;
  }
  return total === 0 ? 0 : (100 * covered) / total;
}
