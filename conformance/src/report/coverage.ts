/** Which statement has which tests: what is missing, and what tests name that does not exist. */

import { loadStatements, type Statement } from "../runner/statements.ts";
import { type TestCase, versionName } from "../runner/test-case.ts";

/** The tests of a statement; 5.0 and 3.1.1 use the same numbers for different ones. */
export function testsOf(statement: Statement, tests: readonly TestCase[]): TestCase[] {
  return tests.filter((test) => test.ids.includes(statement.id) && statement.versions.includes(test.version));
}

/** All statements of the three lists. */
function allStatements(): Statement[] {
  return [...loadStatements("5.0"), ...loadStatements("3.1.1"), ...loadStatements("rules")];
}

/**
 * Complaints: statements that apply to a server and have no test in a version that they bind, tests with ids that are
 * unknown in their version, two tests of one name.
 */
export function checkCoverage(tests: readonly TestCase[]): string[] {
  const statements = allStatements();
  const known = new Set(statements.flatMap(({ id, versions }) => versions.map((version) => `${version} ${id}`)));
  const complaints: string[] = [];
  const names = new Set<string>();
  for (const test of tests) {
    for (const id of test.ids) {
      if (!known.has(`${test.version} ${id}`)) complaints.push(`${test.name} (${test.version}): ${id} is unknown`);
    }
    const name = `${test.version} ${test.name}`;
    if (names.has(name)) complaints.push(`there are two tests named ${name}`);
    names.add(name);
  }
  for (const statement of statements) {
    if (statement.appliesToServer === "no") continue;
    const tested = new Set(testsOf(statement, tests).map(({ version }) => version));
    for (const version of statement.versions) {
      if (tested.has(version)) continue;
      complaints.push(`${statement.id} has no test in ${versionName(version)}: ${statement.requirement}`);
    }
  }
  return complaints;
}
