/** A folder for one test. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Path of a new folder, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "gmqtt-create-plugin-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
