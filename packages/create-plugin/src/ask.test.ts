/** A person at a terminal: keys in, questions out. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { run } from "./cli.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

/** Types an answer as soon as its question stands on the screen. */
async function converse(args: readonly string[], answers: readonly (readonly [question: string, keys: string])[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 });
  const stderr = new PassThrough();
  const waiting = [...answers];
  let screen = "";
  stdout.on("data", (chunk) => {
    screen += String(chunk);
    const [next] = waiting;
    if (next === undefined || !screen.includes(next[0])) return;
    waiting.shift();
    screen = "";
    // A question is drawn before it listens.
    setImmediate(() => stdin.write(next[1]));
  });
  const code = await run(args, { stdin, stdout, stderr });
  return { code, unasked: waiting.map(([question]) => question), stderr: String(stderr.read() ?? "") };
}

it("asks for name, hooks, configuration and folder", async () => {
  const output = join(temporaryFolder(), "mine");
  const { code, unasked } = await converse(
    [],
    [
      ["What is the plugin called?", "quiet\r"],
      ["Which hooks", " \u001b[B \r"],
      ["settings in the configuration", "n"],
      ["In which folder?", `\u0015${output}\r`],
    ],
  );
  expect({ code, unasked }).toEqual({ code: 0, unasked: [] });
  const plugin = readFileSync(join(output, "src/plugin.ts"), "utf8");
  expect(plugin.match(/\bon[A-Z]\w+(?=:)/g)).toEqual(["onAccept", "onStop"]);
  expect(readdirSync(join(output, "src"))).not.toContain("config.ts");
});

it("asks only for what the flags leave open", async () => {
  const output = join(temporaryFolder(), "mine");
  const { code, unasked } = await converse(
    ["quiet", "-H", "none", "-o", output],
    [["settings in the configuration", "y"]],
  );
  expect({ code, unasked }).toEqual({ code: 0, unasked: [] });
  expect(readdirSync(join(output, "src"))).toContain("config.ts");
});

it("says what is wrong with a name and asks again", async () => {
  const output = join(temporaryFolder(), "mine");
  const { code, unasked } = await converse(
    ["-H", "none", "--config", "-o", output],
    [
      ["What is the plugin called?", "Quiet\r"],
      ["must be of lowercase letters", "\u0015quiet\r"],
    ],
  );
  expect({ code, unasked }).toEqual({ code: 0, unasked: [] });
  expect(readFileSync(join(output, "package.json"), "utf8")).toContain('"gmqtt-plugin-quiet"');
});

it("writes nothing when the person has had enough", async () => {
  const output = join(temporaryFolder(), "mine");
  const { code, stderr } = await converse(["-o", output], [["What is the plugin called?", "\u0003"]]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "create-plugin: cancelled, nothing was written\n" });
  expect(() => readdirSync(output)).toThrow("ENOENT");
});

it("asks nothing with --yes", async () => {
  const output = join(temporaryFolder(), "mine");
  expect(await converse(["quiet", "--yes", "-o", output], [])).toMatchObject({ code: 0 });
});
