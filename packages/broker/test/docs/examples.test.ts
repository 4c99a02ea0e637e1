/** examples/README.md lists every example, and every example runs as it says there. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { repository } from "./pages.ts";

const home = join(repository, "examples");
const examples = readdirSync(home, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(home, entry.name, "package.json")))
  .map((entry) => entry.name);

describe("the examples", () => {
  it("are all listed, and what is listed is there", () => {
    const page = readFileSync(join(home, "README.md"), "utf8");
    const listed = [...page.matchAll(/^\| \[[^\]]+\]\(([^)]+)\)/gm)].map(([, folder]) => folder);
    expect(listed.sort()).toEqual(examples.sort());
  });

  it.each(examples)("%s runs from its build", async (example) => {
    const main = join(home, example, "dist/main.js");
    expect(existsSync(main), `${main} is missing: build first, as npm test does`).toBe(true);
    const child = spawn(process.execPath, [main], { env: { ...process.env, ADDRESS: "127.0.0.1:0", PORT: "0" } });
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    const said: string[] = [];
    child.stderr.on("data", (chunk) => said.push(String(chunk)));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("listening on ")) return;
      said.push(line);
    }
    expect.fail(`${example} did not listen: ${said.join("\n")}`);
  });
});
