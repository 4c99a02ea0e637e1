import { expect, test } from "vitest";
import { UndoStack } from "./undo-stack.ts";

test("undoes in reverse, one after the other, once, and goes on past what fails", async () => {
  const log: string[] = [];
  const undo = new UndoStack((culprit, error) => log.push(`${culprit}: ${(error as Error).message}`));
  undo.push("store", () => void log.push("store"));
  undo.push("plugin", async () => {
    throw new Error("stuck");
  });
  undo.push("listener", async () => {
    await new Promise((resolve) => setImmediate(resolve));
    log.push("listener");
  });
  await undo.run();
  await undo.run();
  expect(log).toEqual(["listener", "plugin: stuck", "store"]);
});
