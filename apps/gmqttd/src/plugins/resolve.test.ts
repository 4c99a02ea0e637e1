import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { candidatePackages, resolveModule } from "./resolve.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gmqttd-resolve-"));
  install("esm-only", { type: "module", exports: { ".": { import: "./lib/index.js" } } }, "lib/index.js");
  install("with-main", { main: "main.cjs" }, "main.cjs");
  install("@scope/plugin", { type: "module", exports: "./index.js" }, "index.js");
  install("hidden", { exports: { "./other": "./other.js" } }, "other.js");
  writeFileSync(join(folder, "mine.js"), "");
  mkdirSync(join(folder, "deeper"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function install(name: string, manifest: object, file: string): void {
  const root = join(folder, "node_modules", name);
  mkdirSync(join(root, "lib"), { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ name, ...manifest }));
  writeFileSync(join(root, file), "");
}

function urlOf(...path: string[]): string {
  return pathToFileURL(join(folder, ...path)).href;
}

describe("resolveModule", () => {
  test.each([
    ["esm-only", ["node_modules", "esm-only", "lib", "index.js"]],
    ["with-main", ["node_modules", "with-main", "main.cjs"]],
    ["@scope/plugin", ["node_modules", "@scope", "plugin", "index.js"]],
    ["./mine.js", ["mine.js"]],
  ])("finds %s from the folder", (specifier, path) => {
    expect(resolveModule(specifier, folder)).toEqual({ specifier, url: urlOf(...path) });
  });

  test("looks in the folders above, as imports do", () => {
    expect(resolveModule("esm-only", join(folder, "deeper"))?.url).toContain("/node_modules/esm-only/");
    expect(resolveModule("../mine.js", join(folder, "deeper"))?.url).toBe(urlOf("mine.js"));
    expect(resolveModule(join(folder, "mine.js"), "/")?.url).toBe(urlOf("mine.js"));
  });

  test("falls back on what gmqttd itself depends on", () => {
    expect(resolveModule("commander", folder)?.url).toMatch(/node_modules\/commander\//);
  });

  test("knows nothing of what is not there", () => {
    expect(resolveModule("gmqtt-plugin-nothing", folder)).toBeUndefined();
    expect(resolveModule("./nothing.js", folder)).toBeUndefined();
  });

  test("does not pass over a package that is there and can't be imported", () => {
    expect(() => resolveModule("hidden", folder)).toThrow(/hidden/);
  });
});

test("plugins are looked for under our scope, then under the common prefix", () => {
  expect(candidatePackages("auth")).toEqual(["@gmqtt/auth", "gmqtt-plugin-auth"]);
  expect(candidatePackages("admin")).toEqual(["@gmqtt/admin-grpc", "gmqtt-plugin-admin"]);
});
