import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { run } from "./cli.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { version } from "./version.ts";

/** Runs without a terminal; exit code and everything that was said. */
async function say(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await run(args, { stdin: new PassThrough(), stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

it("takes what gmqctl gen plugin takes", async () => {
  const folder = join(temporaryFolder(), "quiet");
  const { code, stdout, stderr } = await say(
    "-n",
    "quiet",
    "-H",
    "OnBasicAuth,OnSubscribe",
    "-c",
    "true",
    "-o",
    folder,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`gmqtt-plugin-quiet (onBasicAuth, onSubscribe) stands in ${folder}`);
  const plugin = readFileSync(join(folder, "src/plugin.ts"), "utf8");
  expect(plugin.match(/\bon[A-Z]\w+(?=:)/g)).toEqual(["onBasicAuth", "onSubscribe"]);
  expect(readdirSync(join(folder, "src"))).toContain("config.ts");
});

it("asks nobody where nobody is: no hooks and no configuration unless said", async () => {
  const folder = temporaryFolder();
  const { code, stdout } = await say("quiet", "--output", folder);
  expect(code).toBe(0);
  expect(stdout).toContain("no hooks yet");
  expect(readdirSync(join(folder, "src")).sort()).toEqual(["index.ts", "plugin.ts"]);
});

it.each([
  [["quiet", "--config"], true],
  [["quiet", "--no-config"], false],
  [["quiet", "-c", "false"], false],
])("%j decides about the configuration", async (args, config) => {
  const folder = temporaryFolder();
  expect((await say(...args, "-o", folder)).code).toBe(0);
  expect(readdirSync(join(folder, "src")).includes("config.ts")).toBe(config);
});

it("writes nothing into a folder that holds anything", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), "mine");
  const { code, stderr } = await say("quiet", "-o", folder);
  expect(code).toBe(2);
  expect(stderr).toContain("is not empty (it has package.json), nothing was written");
  expect(readdirSync(folder)).toEqual(["package.json"]);
});

it("writes into a repository that was just made, and not into a file", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, ".git"));
  expect((await say("quiet", "-o", folder)).code).toBe(0);
  expect(await say("quiet", "-o", join(folder, "LICENSE"))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("can't be written into"),
  });
});

it.each([
  [[], /a name is needed: --name quiet-hours[\s\S]*Usage: create-plugin/],
  [["Quiet"], /name "Quiet" must be of lowercase letters/],
  [["quiet", "-H", "onFoo"], /there is no hook "onFoo"/],
  [["quiet", "-c", "maybe"], /must be true or false/],
  [["quiet", "--name", "loud"], /two names, quiet and loud/],
  [["quiet", "--hoks", "all"], /unknown option '--hoks'/],
  [["quiet", "loud"], /too many arguments/],
])("refuses %j with exit code 2", async (args, complaint) => {
  const output = join(temporaryFolder(), "never");
  const { code, stderr } = await say(...args, "-o", output);
  expect(code).toBe(2);
  expect(stderr).toMatch(complaint);
});

it("has help and a version", async () => {
  expect(await say("--version")).toMatchObject({ code: 0, stdout: `${version}\n` });
  expect(await say("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("--hooks <list>") });
});
