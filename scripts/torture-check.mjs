/**
 * The torture for CI: a fixed seed, a random one, and a sabotaged broker that has to be noticed, side by side.
 * `--minutes N` for longer than two.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { root } from "./lib/run.mjs";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "2" } } });
const runs = [
  ["fixed seed", "--seed", "20261129", "--minutes", values.minutes],
  ["random seed", "--minutes", values.minutes],
  ["sabotage", "--sabotage", "early", "--seed", "1948"], // many kills in the first seconds
];
const sum = { passed: 0, failed: 0, skipped: 0 };
await Promise.all(runs.map(torture));
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;

/** Passes on what the run says, each line with its name, and adds its closing line; without one it failed. */
async function torture([name, ...args]) {
  const child = spawn(process.execPath, [join(root, "torture/dist/main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let closing;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      closing = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? closing;
      console.log(`${name}: ${line}`);
    });
  }
  const code = await ended;
  const [, passed = "0", failed = "0", skipped = "0"] = closing ?? [];
  sum.passed += Number(passed);
  sum.skipped += Number(skipped);
  sum.failed += Number(failed) > 0 || code === 0 ? Number(failed) : 1;
  if (code !== 0) console.log(`${name}: ended with exit code ${code}`);
}
