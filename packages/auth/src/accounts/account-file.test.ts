/** The file on a real disk: what is picked up, what is refused, and that nothing is ever half written. */

import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HashPool } from "../passwords/hash-pool.ts";
import { Hasher } from "../passwords/hasher.ts";
import { folderWith, mosquittoPasswd, until } from "../testing/temporary-folder.ts";
import { AccountFile } from "./account-file.ts";
import type { Account } from "./parse-accounts.ts";

interface Opened {
  readonly file: AccountFile;
  readonly path: string;
  readonly changes: number[];
  readonly refusals: string[];
}

async function open(text: string | undefined, path?: string): Promise<Opened> {
  const place = path ?? join(folderWith(text === undefined ? {} : { "accounts.yml": text }), "accounts.yml");
  const changes: number[] = [];
  const refusals: string[] = [];
  const file = new AccountFile(
    place,
    { format: "auto", hash: "plain" },
    { changed: (count) => changes.push(count), refused: (error) => refusals.push(error.message) },
  );
  onTestFinished(() => file.close());
  await file.load();
  await file.watch();
  return { file, path: place, changes, refusals };
}

const names = ({ accounts }: AccountFile): string[] => [...accounts.keys()];
const ONE = "- username: a\n  password: x\n";
const TWO = `${ONE}- username: b\n  password: y\n`;

test("picks up what is written by hand, and what is renamed into its place", async () => {
  const { file, path } = await open(ONE);
  writeFileSync(path, TWO);
  await until(() => names(file).length === 2);
  writeFileSync(`${path}.new`, ONE);
  renameSync(`${path}.new`, path);
  await until(() => names(file).length === 1);
});

test("picks up a file that a link leads to elsewhere, as Kubernetes swaps them", async () => {
  const folder = folderWith({});
  for (const [name, text] of [
    ["one", ONE],
    ["two", TWO],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "accounts.yml"), text);
  }
  symlinkSync("one", join(folder, "data"));
  symlinkSync(join("data", "accounts.yml"), join(folder, "accounts.yml"));
  const { file } = await open(undefined, join(folder, "accounts.yml"));
  expect(names(file)).toEqual(["a"]);
  symlinkSync("two", join(folder, "next"));
  renameSync(join(folder, "next"), join(folder, "data"));
  await until(() => names(file).length === 2);
});

test("refuses a broken file and one that is gone, and keeps the accounts", async () => {
  const { file, path, refusals } = await open(TWO);
  writeFileSync(path, "- username: c\n");
  await until(() => refusals.length === 1);
  expect(refusals[0]).toBe("line 1: password of c is missing");
  expect(names(file)).toEqual(["a", "b"]);
  rmSync(path);
  await until(() => refusals.length === 2);
  expect(refusals[1]).toBe("the file is gone");
  expect(names(file)).toEqual(["a", "b"]);
  writeFileSync(path, ONE);
  await until(() => names(file).length === 1);
});

test("does not start with a broken file", async () => {
  await expect(open("- username: c\n")).rejects.toThrow("line 1: password of c is missing");
});

test("makes the file where there is none, for its owner alone", async () => {
  const { file, path } = await open(undefined);
  await file.set("a", "hash");
  expect(readFileSync(path, "utf8")).toBe("- username: a\n  password: hash\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(path, ".."))).toEqual(["accounts.yml"]);
});

test("keeps the mode of a file, and a link a link", async () => {
  const folder = folderWith({ "real.yml": ONE });
  chmodSync(join(folder, "real.yml"), 0o640);
  symlinkSync("real.yml", join(folder, "accounts.yml"));
  const { file } = await open(undefined, join(folder, "accounts.yml"));
  await file.set("b", "y");
  expect(readFileSync(join(folder, "real.yml"), "utf8")).toBe(TWO);
  expect(statSync(join(folder, "real.yml")).mode & 0o777).toBe(0o640);
});

test("writes what is asked for at once in few goes, in order, and loses nothing", async () => {
  const { file, changes } = await open(ONE);
  const asked = Array.from({ length: 200 }, (_, index) => file.set(`user${index}`, `p${index}`));
  await Promise.all([...asked, file.delete("user7"), file.set("user8", "again")]);
  expect(file.accounts.size).toBe(200);
  expect(file.accounts.has("user7")).toBe(false);
  expect(file.accounts.get("user8")?.password).toBe("again");
  expect(changes.length).toBeLessThan(10);
});

test("does not undo what somebody wrote by hand a moment ago", async () => {
  const { file, path } = await open(ONE);
  writeFileSync(path, TWO);
  await file.set("c", "z");
  expect(names(file)).toEqual(["a", "b", "c"]);
  expect(readFileSync(path, "utf8")).toContain("username: b");
});

test("writes nothing over a file that is broken by hand", async () => {
  const { file, path } = await open(ONE);
  writeFileSync(path, "- username: c\n");
  await expect(file.set("b", "y")).rejects.toThrow("line 1: password of c is missing");
  expect(readFileSync(path, "utf8")).toBe("- username: c\n");
  expect(names(file)).toEqual(["a"]);
});

test("an upgrade that comes too late changes nothing", async () => {
  const { file } = await open(ONE);
  await file.set("a", "changed");
  await file.upgrade("a", "x", "upgrade of x");
  expect(file.accounts.get("a")?.password).toBe("changed");
  await file.delete("a");
  await file.upgrade("a", "changed", "upgrade");
  expect(names(file)).toEqual([]);
});

test("two writers of one file, as two processes are, lose nothing of each other's", async () => {
  const first = await open(ONE);
  const second = await open(undefined, first.path);
  const writes = Array.from({ length: 20 }, (_, index) => [
    first.file.set(`first${index}`, "x"),
    second.file.set(`second${index}`, "y"),
  ]);
  await Promise.all(writes.flat());
  await first.file.reload();
  expect(first.file.accounts.size).toBe(41);
});

test("a reader never sees half a file", async () => {
  const { file, path } = await open(ONE);
  const seen = new Set<boolean>();
  let writing = true;
  const written = Promise.all(
    Array.from({ length: 50 }, (_, index) => file.set(`user${index}`, "x".repeat(2000))),
  ).finally(() => {
    writing = false;
  });
  while (writing) {
    seen.add(readFileSync(path, "utf8").endsWith("\n"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await written;
  expect([...seen]).toEqual([true]);
});

test("a file of mosquitto_passwd is read, verified, changed, and still Mosquitto's", async () => {
  const path = join(folderWith({}), "passwd");
  mosquittoPasswd("-c", "-b", path, "alice", "wonderland");
  mosquittoPasswd("-b", path, "bob", "builder");
  mosquittoPasswd("-b", "-H", "sha512", path, "old", "fashioned");
  const { file } = await open(undefined, path);
  const pool = new HashPool(1, 10);
  onTestFinished(() => pool.close());
  const hasher = new Hasher(pool, {
    newHash: "pbkdf2",
    argon2: { memory: 1024, iterations: 1, parallelism: 1 },
    bcryptCost: 4,
  });
  const verify = (name: string, password: string): Promise<boolean> =>
    hasher.verify((file.accounts.get(name) as Account).stored, Buffer.from(password), () => true);
  expect(names(file)).toEqual(["alice", "bob", "old"]);
  expect(await verify("alice", "wonderland")).toBe(true);
  expect(await verify("alice", "builder")).toBe(false);
  expect(await verify("old", "fashioned")).toBe(true);
  expect(await verify("old", "wonderland")).toBe(false);

  await file.set("carol", await hasher.hash(Buffer.from("christmas")));
  expect(readFileSync(path, "utf8")).toMatch(/^alice:\$7\$.*\ncarol:\$7\$210000\$/s);
  mosquittoPasswd("-D", path, "bob"); // it reads the file that we wrote
  await until(() => !file.accounts.has("bob"));
  expect(await verify("carol", "christmas")).toBe(true);
});
