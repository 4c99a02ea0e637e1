/** The package as its users get it, built: under node:test, and the first example of the README under vitest. */

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const home = fileURLToPath(new URL("..", import.meta.url));
const top = join(home, "../..");
/** A project of its own, that has the packages as an installation would put them there. */
const project = mkdtempSync(join(tmpdir(), "gmqtt-testing-"));

const NODE_TEST = `
import { createSlowPersistence, createTestBroker, describePersistence, describePlugin } from "@gmqtt/testing";
import assert from "node:assert/strict";
import { test } from "node:test";

describePersistence("the slow store", () => createSlowPersistence(), { outages: true });
describePlugin("nothing", {
  name: "nothing",
  create: () => ({ name: "nothing", load() {}, unload() {}, hookWrapper: () => ({}) }),
});

test("a broker runs under node:test", async () => {
  const broker = await createTestBroker();
  const client = await broker.connect();
  await client.subscribe("a");
  await client.publish("a", "text");
  assert.equal((await client.next("publish")).text, "text");
  await broker.stop();
});
`;

describe("the built package", () => {
  beforeAll(async () => {
    await run(process.execPath, [join(top, "node_modules/typescript/bin/tsc"), "-b", home], { cwd: top });
    mkdirSync(join(project, "node_modules/@gmqtt"), { recursive: true });
    for (const name of ["broker", "testing"]) {
      symlinkSync(join(top, "packages", name), join(project, "node_modules/@gmqtt", name));
    }
    symlinkSync(join(top, "node_modules/vitest"), join(project, "node_modules/vitest"));
    writeFileSync(join(project, "vitest.config.mjs"), "export default {};");
  }, 120_000);

  afterAll(() => {
    rmSync(project, { recursive: true, force: true });
  });

  it("runs its suites under node:test", async () => {
    const file = join(project, "suites.test.mjs");
    writeFileSync(file, NODE_TEST);
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap", file], { env: withoutVitest() });
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(40);
  });

  it("runs the first example of the README as it stands", async () => {
    const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(home, "README.md"), "utf8"))?.[1];
    writeFileSync(join(project, "quiet.test.js"), example ?? "");
    const vitest = join(top, "node_modules/vitest/vitest.mjs");
    const { stdout } = await run(process.execPath, [vitest, "run", "quiet", "--root", project], {
      env: withoutVitest(),
    });
    expect(stdout).toMatch(/1 passed/);
  });
});

/** The child is a run of its own, not a part of this one. */
function withoutVitest(): NodeJS.ProcessEnv {
  const { VITEST, VITEST_MODE, VITEST_POOL_ID, VITEST_WORKER_ID, NODE_TEST_CONTEXT, TEST, ...environment } =
    process.env;
  return { ...environment, NO_COLOR: "1" };
}
