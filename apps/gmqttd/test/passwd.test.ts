/** `gmqttd passwd` as people run it: real processes, the real plugin, files of ours, of gmqtt's and of Mosquitto's. */

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectSocket } from "@gmqtt/testing";
import { beforeAll, describe, expect, test } from "vitest";
import { build, type Ended, folderWith, gmqttd } from "./gmqttd.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(root, "apps/gmqttd/dist/main.js");

beforeAll(async () => {
  await build();
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-b", join(root, "packages/auth")]);
}, 300_000);

const CONFIG = `listeners: [{ address: "127.0.0.1:0" }]
plugin_order: [auth]
plugins: { auth: { hash: md5, password_file: ./accounts.yml, argon2: { memory: 1024, iterations: 1 } } }
`;

/** A folder with a configuration and @gmqtt/auth installed beside it. */
function installation(files: Readonly<Record<string, string>> = {}): string {
  const folder = folderWith({ "gmqttd.yml": CONFIG, ...files });
  mkdirSync(join(folder, "node_modules/@gmqtt"), { recursive: true });
  symlinkSync(join(root, "packages/auth"), join(folder, "node_modules/@gmqtt/auth"));
  return folder;
}

function passwd(folder: string, args: readonly string[], input: string | Buffer = ""): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, "passwd", ...args, "-c", join(folder, "gmqttd.yml")]);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("close", (code) => resolve({ code, stdout, stderr, output: stdout + stderr }));
    child.stdin.end(input);
  });
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

test("adds, verifies, changes, lists and deletes accounts", async () => {
  const folder = installation();
  const file = join(folder, "accounts.yml");
  expect(await passwd(folder, ["add", "alice"], "wonderland\n")).toMatchObject({
    code: 0,
    stdout: `${file}: added alice\n`,
  });
  expect(readFileSync(file, "utf8")).toMatch(/^- username: alice\n {2}password: \$argon2id\$v=19\$m=1024,t=1,p=1\$/);
  expect(await passwd(folder, ["verify", "alice"], "wonderland")).toMatchObject({
    code: 0,
    stdout: "the password is right\n",
  });
  const wrong = { code: 1, stderr: "gmqttd: wrong user name or password\n" };
  expect(await passwd(folder, ["verify", "alice"], "wonder")).toMatchObject(wrong);
  expect(await passwd(folder, ["verify", "nobody"], "wonderland")).toMatchObject(wrong);

  await passwd(folder, ["add", "bob"], Buffer.from([0xff, 0x00]));
  expect(await passwd(folder, ["verify", "bob"], Buffer.from([0xff, 0x00]))).toMatchObject({ code: 0 });
  expect(await passwd(folder, ["list"])).toMatchObject({ code: 0, stdout: "alice\nbob\n" });
  expect(await passwd(folder, ["change", "alice"], "new\r\n")).toMatchObject({ code: 0 });
  expect(await passwd(folder, ["verify", "alice"], "new")).toMatchObject({ code: 0 });
  expect(await passwd(folder, ["delete", "alice"])).toMatchObject({ code: 0, stdout: `${file}: deleted alice\n` });
  expect(await passwd(folder, ["list"])).toMatchObject({ stdout: "bob\n" });
}, 120_000);

describe("says what can't be done", () => {
  test.each([
    [["add", "alice"], "gmqttd: alice has an account already, change it with: gmqttd passwd change\n"],
    [["change", "bob"], "gmqttd: no account bob in "],
    [["delete", "bob"], "gmqttd: no account bob in "],
    [["change", "alice"], "gmqttd: the password is empty\n"],
  ])("passwd %j", async (args, message) => {
    const folder = installation({ "accounts.yml": `- username: alice\n  password: ${md5("x")}\n` });
    const { code, stderr } = await passwd(folder, args);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  test("what no CONNECT could carry", async () => {
    const folder = installation({});
    const long = await passwd(folder, ["add", "carol"], "x".repeat(65_536));
    expect(long).toMatchObject({ code: 1, stderr: "gmqttd: password of 65536 bytes exceeds 65535\n" });
    expect(await passwd(folder, ["add", ""], "x")).toMatchObject({
      code: 1,
      stderr: "gmqttd: the user name is empty\n",
    });
    expect(await passwd(folder, ["list"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("a broken file, and changes nothing", async () => {
    const folder = installation({ "accounts.yml": "- username: alice\n" });
    const { code, stderr } = await passwd(folder, ["add", "bob"], "x");
    expect(stderr).toBe(`gmqttd: ${join(folder, "accounts.yml")}: line 1: password of alice is missing\n`);
    expect(code).toBe(1);
    expect(readFileSync(join(folder, "accounts.yml"), "utf8")).toBe("- username: alice\n");
  });

  test("where the plugin is not installed, with the command that does", async () => {
    const folder = folderWith({ "gmqttd.yml": "plugins: {auth: {package: my-auth}}\n" });
    const { code, stderr } = await passwd(folder, ["list"]);
    expect(stderr).toContain("install it with: npm install my-auth");
    expect(code).toBe(2);
  });
});

test("a running broker reads gmqtt's file and what passwd makes of it, at once", async () => {
  const folder = installation({ "accounts.yml": `- username: gmqtt\n  password: ${md5("old")}\n` });
  const broker = gmqttd(["start", "-c", join(folder, "gmqttd.yml"), "--log-format", "json"]);
  const [, port] = await broker.until(/"address":"127\.0\.0\.1:(\d+)"/);
  const url = `mqtt://127.0.0.1:${port}`;
  const old = await connectSocket(url, { username: "gmqtt", password: "old" });
  await broker.until(/password hash upgraded/);
  await passwd(folder, ["add", "alice"], "wonderland");
  await broker.until(/"accounts":2[^\n]*accounts reloaded/);
  const alice = await connectSocket(url, { username: "alice", password: "wonderland" });
  await alice.subscribe("t");
  await old.publish("t", "hello");
  expect(await alice.next("publish")).toMatchObject({ text: "hello" });
  expect(await passwd(folder, ["verify", "gmqtt"], "old")).toMatchObject({ code: 0 });
  broker.kill("SIGTERM");
  expect(await broker.ended).toMatchObject({ code: 0 });
}, 120_000);

test("a file of mosquitto_passwd is read by the broker, and passwd adds to it", async () => {
  const folder = installation();
  const file = join(folder, "accounts.yml");
  if (!existsSync("/usr/bin/mosquitto_passwd")) {
    throw new Error("mosquitto_passwd is missing; install it with: apt-get install mosquitto");
  }
  execFileSync("mosquitto_passwd", ["-c", "-b", file, "mosquitto", "insect"], { stdio: "ignore" });
  await passwd(folder, ["add", "alice"], "wonderland");
  expect(readFileSync(file, "utf8")).toMatch(/^mosquitto:\$7\$.*\nalice:\$argon2id\$/);
  const broker = gmqttd(["start", "-c", join(folder, "gmqttd.yml"), "--log-format", "json"]);
  const [, port] = await broker.until(/"address":"127\.0\.0\.1:(\d+)"/);
  for (const [username, password] of [
    ["mosquitto", "insect"],
    ["alice", "wonderland"],
  ] as const) {
    await connectSocket(`mqtt://127.0.0.1:${port}`, { version: 4, username, password });
  }
}, 120_000);

test("the commands of docs/auth.md do what they say", async () => {
  const page = readFileSync(join(root, "docs/auth.md"), "utf8");
  const [, commands = ""] = /```sh\n(gmqttd passwd[\s\S]*?)```/.exec(page) ?? [];
  const script = `set -eo pipefail\ngmqttd() { "${process.execPath}" "${main}" "$@"; }\n${commands}`;
  const folder = installation();
  const said = execFileSync("bash", ["-c", script], { cwd: folder, input: "first", encoding: "utf8" });
  const file = join(folder, "accounts.yml");
  expect(said).toBe(
    `${file}: added alice\n${file}: changed alice\nthe password is right\nalice\n${file}: deleted alice\n`,
  );
}, 120_000);
