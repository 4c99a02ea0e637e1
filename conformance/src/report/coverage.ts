/** Which statement has which tests: what is missing, and what tests name that does not exist. */

import { EDITION_OF, loadStatements, type Statement } from "../runner/statements.ts";
import type { TestCase } from "../runner/test-case.ts";

/** The edition that a test's id belongs to. */
function editionOf(test: TestCase, id: string): "5.0" | "3.1.1" | "rules" {
  return id.startsWith("GMQTT-") ? "rules" : EDITION_OF[test.version];
}

/** The tests of a statement. */
export function testsOf(statement: Statement, tests: readonly TestCase[]): TestCase[] {
  return tests.filter((test) => test.ids.includes(statement.id) && editionOf(test, statement.id) === statement.edition);
}

/** All statements of the three lists. */
function allStatements(): Statement[] {
  return [...loadStatements("5.0"), ...loadStatements("3.1.1"), ...loadStatements("rules")];
}

/** Complaints: statements that apply to a server and have no test, tests with unknown ids, two tests of one name. */
export function checkCoverage(tests: readonly TestCase[]): string[] {
  const statements = allStatements();
  const known = new Set(statements.map(({ edition, id }) => `${edition} ${id}`));
  const complaints: string[] = [];
  const names = new Set<string>();
  for (const test of tests) {
    for (const id of test.ids) {
      if (!known.has(`${editionOf(test, id)} ${id}`))
        complaints.push(`${test.name} (${test.version}): ${id} is unknown`);
    }
    const name = `${test.version} ${test.name}`;
    if (names.has(name)) complaints.push(`there are two tests named ${name}`);
    names.add(name);
  }
  for (const statement of statements) {
    if (statement.appliesToServer === "no" || testsOf(statement, tests).length > 0) continue;
    complaints.push(`${statement.edition} ${statement.id} has no test: ${statement.requirement}`);
  }
  return complaints;
}
