/** Runs tests against a kind of broker: all at once as far as the machine takes it, the longest first. */

import { setTimeout as delay } from "node:timers/promises";
import type { Brokers, Launched, ProfileName } from "../brokers/broker.ts";
import { stalledSince } from "../client/stalls.ts";
import { NotApplicable, TestContext } from "./context.ts";
import type { TestCase } from "./test-case.ts";

/** How a test ended. `not applicable`: the broker does not offer what it is about. */
export interface Result {
  readonly test: TestCase;
  readonly outcome: "passed" | "failed" | "not applicable";
  /** Why it failed, or is not applicable. */
  readonly message: string;
  /** Milliseconds in which the machine let nothing run meanwhile. */
  readonly stalled: number;
}

/** How many tests run at the same time. */
const AT_ONCE = 48;
/** How often a test is tried again that the machine disturbed. */
const MORE_TRIES = 3;
/** From so many lost milliseconds on a machine disturbs what is bound to time: the tests allow for more than that. */
const DISTURBING = 500;
/** A test that takes longer has failed, in milliseconds. */
const LIMIT = 60_000;

/** Runs them and closes the brokers. `bail`: stop at the first failure, without a second try for anything. */
export async function runTests(
  tests: readonly TestCase[],
  brokers: Brokers,
  options: { readonly bail?: boolean; readonly onResult?: (result: Result) => void } = {},
): Promise<{ results: Result[]; complaints: string[] }> {
  const launched = new Map<ProfileName, Promise<Launched | undefined>>();
  const brokerFor = (profile: ProfileName): Promise<Launched | undefined> => {
    const known = launched.get(profile) ?? brokers.launch(profile);
    launched.set(profile, known);
    return known;
  };
  const queue = tests.map((test, index) => ({ test, index })).sort((a, b) => b.test.seconds - a.test.seconds);
  const results: Result[] = [];
  let bailed = false;
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !bailed; next = queue.shift()) {
      const result = await runOne(next.test, brokers, await brokerFor(next.test.profile));
      results[next.index] = result;
      options.onResult?.(result);
      if (options.bail && result.outcome === "failed") bailed = true;
    }
  };
  const workers = Array.from({ length: AT_ONCE }, worker);
  if (options.bail) await Promise.race([Promise.all(workers), whenever(() => bailed)]);
  else {
    await Promise.all(workers);
    await repeatTimed(results, brokers, brokerFor);
  }
  const complaints: string[] = [];
  for (const [profile, starting] of launched) {
    const broker = await starting;
    if (broker === undefined) continue;
    if (broker.exitCode() !== null) complaints.push(`the ${profile} broker ended by itself (${broker.exitCode()})`);
    await broker.stop();
    complaints.push(...unexpected(broker.log()).map((line) => `the ${profile} broker wrote: ${line}`));
  }
  return { results: results.filter((result) => result !== undefined), complaints };
}

/**
 * What is bound to real time misses its margin when the machine takes the time away: such a test is tried again, alone. One
 * that failed while the machine was there for it has failed, and so has one without a time.
 */
async function repeatTimed(
  results: Result[],
  brokers: Brokers,
  brokerFor: (profile: ProfileName) => Promise<Launched | undefined>,
): Promise<void> {
  for (const [index, first] of results.entries()) {
    const { test } = first;
    let last = first;
    for (let left = MORE_TRIES; left > 0 && last.outcome === "failed" && disturbed(last); left--) {
      const stood = `the machine stood still for ${Math.round(last.stalled)} ms`;
      last = await runOne(test, brokers, await brokerFor(test.profile), true);
      if (brokers.ours) console.log(`tried again, as ${stood}: ${last.outcome}: ${test.name}`);
    }
    results[index] = last;
  }
}

function disturbed({ stalled, test }: Result): boolean {
  return test.seconds > 0 && stalled > DISTURBING;
}

async function whenever(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}

/** `alone`: nothing else runs beside it, so what the machine stood still for was not the work of other tests. */
async function runOne(
  test: TestCase,
  brokers: Brokers,
  broker: Launched | undefined,
  alone: boolean = false,
): Promise<Result> {
  if (broker === undefined) {
    const message = `this broker cannot be had with the ${test.profile} profile`;
    return { test, outcome: "not applicable", message, stalled: 0 };
  }
  // A test bound to time has strict limits at first: it can be tried again.
  const context = new TestContext(test.version, broker, brokers, alone || test.seconds === 0);
  const began = Date.now();
  const limit = new AbortController();
  try {
    await Promise.race([test.run(context), tooLong(limit.signal).catch(rethrowUnlessAborted)]);
    await context.finish();
    return { test, outcome: "passed", message: "", stalled: stalledSince(began) };
  } catch (error) {
    await context.abandon();
    // Our own broker is started so that everything applies: there it is a failure.
    const outcome = error instanceof NotApplicable && !brokers.ours ? "not applicable" : "failed";
    const message = error instanceof Error ? error.message : String(error);
    return { test, outcome, message, stalled: stalledSince(began) };
  } finally {
    limit.abort();
  }
}

/** Rejects when a test has had its time, and what the machine kept it waiting besides. */
async function tooLong(signal: AbortSignal): Promise<never> {
  const began = Date.now();
  for (let left = LIMIT; left > 0; left = began + LIMIT + 3 * stalledSince(began) - Date.now()) {
    await delay(left, undefined, { signal });
  }
  throw new Error(`took longer than ${LIMIT} ms`);
}

function rethrowUnlessAborted(error: Error): Promise<never> {
  if (error.name === "AbortError") return new Promise(() => {});
  throw error;
}

/** Lines of gmqttd's log that no client should be able to cause. */
export function unexpected(log: string): string[] {
  return log.split("\n").filter((line) => /"level":"(error|fatal|warn)"|^\s+at |Error:/.test(line));
}
