/**
 * A micro-benchmark per room of the broker, so that a regression can be placed: node bench/micro.mjs [room, ...]
 * It looks inside: rooms are imported from packages/broker/dist by their paths, which no user of the package may do.
 */
import { measure } from "mitata";
import { acknowledge } from "./micro/acknowledge.mjs";
import { decode } from "./micro/decode.mjs";
import { encode } from "./micro/encode.mjs";
import { enqueue } from "./micro/enqueue.mjs";
import { match } from "./micro/match.mjs";

const rooms = { decode, encode, match, enqueue, acknowledge };
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => rooms[name] === undefined);
if (unknown !== undefined) throw new Error(`no room ${unknown}; there are ${Object.keys(rooms).join(", ")}`);

console.log(`Node ${process.version}, nanoseconds each\n`);
console.log("| room | what | median | p99 |\n|---|---|---:|---:|");
for (const [room, makeCases] of Object.entries(rooms)) {
  if (wanted.length > 0 && !wanted.includes(room)) continue;
  for (const { count, name, run } of makeCases()) {
    const { p50, p99 } = await measure(run, { min_cpu_time: 300e6 });
    console.log(`| ${room} | ${name} | ${shown(p50 / count)} | ${shown(p99 / count)} |`);
  }
}

function shown(nanoseconds) {
  return nanoseconds < 10 ? nanoseconds.toFixed(1) : nanoseconds.toFixed(0);
}
