import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { gatherLines } from "./gather-lines.ts";

function gathering() {
  const written: string[] = [];
  return { written, log: gatherLines({ write: (lines) => written.push(lines) }) };
}

test("the lines of a turn are written in one piece, in order", async () => {
  const { log, written } = gathering();
  for (const line of ["a\n", "b\n"]) log.write(line);
  expect(written).toEqual([]);
  await setImmediate();
  expect(written).toEqual(["a\nb\n"]);
});

test("lines that follow each other are gathered over turns, and written within moments", async () => {
  const { log, written } = gathering();
  log.write("first\n");
  await setImmediate();
  for (const line of ["a\n", "b\n"]) {
    log.write(line);
    await setImmediate();
  }
  expect(written).toEqual(["first\n"]);
  await vi.waitFor(() => expect(written).toEqual(["first\n", "a\nb\n"]));
});

test("many lines don't wait for the end of the turn", () => {
  const { log, written } = gathering();
  const line = `${"x".repeat(999)}\n`;
  for (let count = 0; count < 70; count++) log.write(line);
  expect(written).toEqual([line.repeat(66)]);
});

test("the last lines are written before the process exits", () => {
  const { log, written } = gathering();
  const before = process.rawListeners("exit");
  const flush = before.at(-1) as () => void;
  log.write("the end\n");
  flush();
  expect(written).toEqual(["the end\n"]);
  process.off("exit", flush);
});
