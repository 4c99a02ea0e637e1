/** The command: runs the tests against a broker, prints the table, writes or checks docs/conformance.md. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { aedes } from "./brokers/aedes.ts";
import type { Brokers } from "./brokers/broker.ts";
import { gmqttdOn } from "./brokers/gmqttd.ts";
import { mosquitto } from "./brokers/mosquitto.ts";
import { targetAt } from "./brokers/target.ts";
import { allTests } from "./chapters/index.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { checkCoverage } from "./report/coverage.ts";
import { conformancePage, count, rowsOf } from "./report/table.ts";
import { runRobustness } from "./robustness/index.ts";
import { type Result, runTests } from "./runner/run.ts";
import { versionName } from "./runner/test-case.ts";

/** What a run adds up to. */
interface Sums {
  passed: number;
  failed: number;
  skipped: number;
}

const page = fileURLToPath(new URL("../../docs/conformance.md", import.meta.url));

// Brokers and stores end with this process, also when it is asked to end early.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const sums: Sums = { passed: 0, failed: 0, skipped: 0 };
  if (options.tests) await test(options, sums);
  if (options.robustness) {
    const more = await runRobustness(gmqttdOn(options.store), { seconds: options.fuzz, seed: options.seed });
    sums.passed += more.passed;
    sums.failed += more.failed;
  }
  console.log(`\n${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`);
  return sums.failed > 0 || sums.passed === 0 ? 1 : 0;
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

async function test(options: Options, sums: Sums): Promise<void> {
  const brokers = brokersFor(options);
  const problems = checkCoverage(allTests);
  for (const complaint of problems) console.log(`COVERAGE ${complaint}`);
  const tests = allTests.filter(
    ({ name, version }) =>
      (options.grep === undefined || name.includes(options.grep)) &&
      (options.version === undefined || versionName(version) === options.version),
  );
  const began = Date.now();
  const { results, complaints } = await runTests(tests, brokers, { bail: options.bail, onResult: show });
  const took = ((Date.now() - began) / 1000).toFixed(1);
  for (const complaint of complaints) console.log(`LOG ${complaint}`);
  if (brokers.ours) problems.push(...complaints);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results.map(toJson), undefined, 1));
  const text = conformancePage(results, brokers.name);
  if (options.table || options.target !== undefined) console.log(text);
  if (tests.length === allTests.length) summarize(results, took);
  if (options.write) writeFileSync(page, text);
  if (options.check && readFileSync(page, "utf8") !== text) {
    problems.push("docs/conformance.md is not what this run produced");
    console.log("PAGE docs/conformance.md is not what this run produced; see --write");
  }
  for (const { outcome } of results) sums[outcome === "not applicable" ? "skipped" : outcome]++;
  sums.failed += problems.length;
}

function brokersFor({ broker, store, target, websocket }: Options): Brokers {
  if (target !== undefined) return targetAt(target, websocket);
  return [mosquitto, aedes].find(({ name }) => name === broker) ?? gmqttdOn(store);
}

function show({ test: { chapter, name, version }, outcome, message }: Result): void {
  if (outcome === "passed") return;
  const word = outcome === "failed" ? "FAIL" : "n/a ";
  console.log(`${word} ${versionName(version)} ${chapter}: ${name}\n       ${message}`);
}

function summarize(results: readonly Result[], took: string): void {
  for (const edition of ["5.0", "3.1.1", "rules"] as const) {
    const counts = count(rowsOf(edition, results));
    const list = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
    console.log(`${edition}: statements ${list.join(", ")}`);
  }
  console.log(`${results.length} tests in ${took} s`);
}

function toJson({ test: { chapter, ids, title, version }, outcome, message }: Result): object {
  return { version: versionName(version), chapter, title, ids, outcome, message };
}
