/** The command: runs the tests against a broker, prints the table, writes or checks docs/conformance.md. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { aedes } from "./brokers/aedes.ts";
import type { Brokers } from "./brokers/broker.ts";
import { gmqttd } from "./brokers/gmqttd.ts";
import { mosquitto } from "./brokers/mosquitto.ts";
import { targetAt } from "./brokers/target.ts";
import { allTests } from "./chapters/index.ts";
import { checkCoverage } from "./report/coverage.ts";
import { conformancePage, count, rowsOf, versionName } from "./report/table.ts";
import { runRobustness } from "./robustness/index.ts";
import { type Result, runTests } from "./runner/run.ts";

const USAGE = `usage: conformance [options]
  --broker NAME           gmqttd (default), mosquitto or aedes, started on free ports
  --target HOST:PORT      a broker that runs already; --websocket HOST:PORT/PATH says where its WebSocket is
  --grep TEXT             only tests whose name has this text (a statement's id, a part of the title)
  --version 5.0           only tests of this version (3.1, 3.1.1, 5.0)
  --bail                  stop at the first failure
  --table                 print the whole table, not only failures
  --json FILE             write the results
  --write                 write docs/conformance.md
  --check                 fail when docs/conformance.md is not what this run produced
  --no-robustness         leave out the malformed corpus, the fuzzer and the floods
  --fuzz SECONDS          how long the fuzzer runs (default 60)
  --seed NUMBER           where the fuzzer starts (default 1)
  --help                  print this`;

const page = fileURLToPath(new URL("../../docs/conformance.md", import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      broker: { type: "string", default: "gmqttd" },
      target: { type: "string" },
      websocket: { type: "string" },
      grep: { type: "string" },
      version: { type: "string" },
      bail: { type: "boolean", default: false },
      table: { type: "boolean", default: false },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      robustness: { type: "boolean", default: true },
      fuzz: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const brokers = values.target === undefined ? brokerNamed(values.broker) : targetAt(values.target, values.websocket);
  const coverage = checkCoverage(allTests);
  for (const complaint of coverage) console.log(`COVERAGE ${complaint}`);
  const tests = allTests.filter(
    (test) =>
      (values.grep === undefined || test.name.includes(values.grep)) &&
      (values.version === undefined || versionName(test.version) === values.version),
  );
  const whole = tests.length === allTests.length;
  const began = Date.now();
  const { results, complaints } = await runTests(tests, brokers, { bail: values.bail, onResult: show });
  const took = ((Date.now() - began) / 1000).toFixed(1);
  for (const complaint of complaints) console.log(`LOG ${complaint}`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results.map(toJson), undefined, 1));
  const text = conformancePage(results, brokers.name);
  if (values.table || values.target !== undefined) console.log(text);
  const problems = [...coverage, ...(brokers.ours ? complaints : [])];
  if (whole) {
    summarize(results, took);
    if (values.write) writeFileSync(page, text);
    if (values.check && readFileSync(page, "utf8") !== text) {
      problems.push("docs/conformance.md is not what this run produced");
      console.log("PAGE docs/conformance.md is not what this run produced; see --write");
    }
  }
  let { passed, failed, skipped } = sums(results);
  if (values.robustness && whole && brokers.ours) {
    const more = await runRobustness({ seconds: Number(values.fuzz), seed: Number(values.seed) });
    passed += more.passed;
    failed += more.failed;
  }
  failed += problems.length;
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

function brokerNamed(name: string): Brokers {
  const found = [gmqttd, mosquitto, aedes].find((one) => one.name === name);
  if (found === undefined) throw new Error(`unknown broker ${name}, there are gmqttd, mosquitto and aedes`);
  return found;
}

function show({ test, outcome, message }: Result): void {
  if (outcome === "passed") return;
  const word = outcome === "failed" ? "FAIL" : "n/a ";
  console.log(`${word} ${versionName(test.version)} ${test.chapter}: ${test.name}\n       ${message}`);
}

function summarize(results: readonly Result[], took: string): void {
  for (const edition of ["5.0", "3.1.1", "rules"] as const) {
    const counts = count(rowsOf(edition, results));
    const list = Object.entries(counts).map(([name, number]) => `${number} ${name}`);
    console.log(`${edition}: statements ${list.join(", ")}`);
  }
  console.log(`${results.length} tests in ${took} s`);
}

function sums(results: readonly Result[]): { passed: number; failed: number; skipped: number } {
  const number = (outcome: Result["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  return { passed: number("passed"), failed: number("failed"), skipped: number("not applicable") };
}

function toJson({ test, outcome, message }: Result): object {
  return {
    version: versionName(test.version),
    chapter: test.chapter,
    title: test.title,
    ids: test.ids,
    outcome,
    message,
  };
}
