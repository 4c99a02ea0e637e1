/**
 * `npm test`: installs what the tests need, builds (some tests start the built command), runs every test of every
 * package and closes with the sum. `--coverage` measures on the way; other arguments go to vitest.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureDebianPackages } from "./lib/debian.mjs";
import { ensureBuilt, ensureInstalled } from "./lib/prepare.mjs";
import { bin, root, run } from "./lib/run.mjs";

const report = join(root, "node_modules/.cache/gmqtt/vitest.json");

const { passed, failed, skipped } = await runTests().catch(failure);
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function runTests() {
  await ensureInstalled();
  await ensureDebianPackages();
  await ensureBuilt();
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  return count(await run(bin("vitest"), ["run", ...reporters, ...process.argv.slice(2)]));
}

/** What could not be installed or built fails once. */
function failure(error) {
  console.error(error.message);
  return { passed: 0, failed: 1, skipped: 0 };
}

/** The sums; a file that did not load, an error outside a test or a missing report is one failure each. */
function count(exitCode) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const sums = JSON.parse(readFileSync(report, "utf8"));
  const broken = sums.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  for (const file of broken) console.error(`did not run: ${file.name}`);
  const failures = sums.numFailedTests + broken.length;
  return {
    passed: sums.numPassedTests,
    failed: failures === 0 && exitCode !== 0 ? 1 : failures,
    skipped: sums.numPendingTests + sums.numTodoTests,
  };
}
