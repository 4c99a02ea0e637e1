import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandFailure } from "../failure.ts";
import { parseValue, readConfigFile } from "./file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gmqttd-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const path = join(folder, "gmqttd.yml");
  writeFileSync(path, text);
  return path;
}

function failure(path: string): CommandFailure {
  try {
    readConfigFile(path);
  } catch (error) {
    if (error instanceof CommandFailure) return error;
  }
  throw new Error("the file was read");
}

describe("readConfigFile", () => {
  test("knows the line of every key, and of the nearest one above a key that is not there", () => {
    const path = write(
      "# comment\nlog:\n  level: info\nlisteners:\n  - address: ':1'\n  - address: ':2'\n    tls:\n      cert: a\n",
    );
    const { locate, document, baseDirectory } = readConfigFile(path);
    expect(document).toEqual({
      log: { level: "info" },
      listeners: [{ address: ":1" }, { address: ":2", tls: { cert: "a" } }],
    });
    expect(baseDirectory).toBe(folder);
    const lines = [
      "log.level",
      "log.nothing",
      "listeners.1",
      "listeners.1.tls.key",
      "log.level.deeper",
      "mqtt",
      "listeners.9",
    ];
    expect(lines.map((key) => locate(key)?.slice(path.length + 1))).toEqual(["3", "2", "6", "7", "3", undefined, "4"]);
  });

  test("an empty file is an empty document", () => {
    expect(readConfigFile(write("# nothing\n")).document).toBeNull();
  });

  test("takes anchors and merges, as gmqtt's parser does", () => {
    const path = write("listeners:\n  - &a {address: ':1', backlog: 5}\n  - {<<: *a, address: ':2'}\n");
    expect(readConfigFile(path).document).toEqual({
      listeners: [
        { address: ":1", backlog: 5 },
        { address: ":2", backlog: 5 },
      ],
    });
  });

  test("says where YAML is broken, one line for each place", () => {
    const path = write("mqtt:\n  max_inflight: 1\n  max_inflight: 2\nlog: [\n");
    expect(failure(path).lines).toEqual([
      expect.stringMatching(/gmqttd\.yml:3:3: Map keys must be unique$/),
      expect.stringMatching(/gmqttd\.yml:5:1: /),
    ]);
  });

  test("names a file that is not there, or is none", () => {
    const path = join(folder, "none.yml");
    expect(failure(path)).toMatchObject({ exitCode: 2, lines: [`configuration file ${path}: no such file`] });
    expect(failure(folder).lines).toEqual([`configuration file ${folder}: is a folder, not a file`]);
  });

  test("without a file everything starts from the working directory", () => {
    const { path, baseDirectory, document, locate } = readConfigFile(undefined);
    expect([path, baseDirectory, document, locate("log")]).toEqual([undefined, process.cwd(), {}, undefined]);
  });
});

test("values outside the file are YAML", () => {
  expect(["1", "true", "abc", "[a, b]", "{a: 1}", ""].map(parseValue)).toEqual([
    1,
    true,
    "abc",
    ["a", "b"],
    { a: 1 },
    null,
  ]);
});
