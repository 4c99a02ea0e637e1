// expect: lint/style/noRestrictedImports
import { readFileSync } from "node:fs";

/** The packets package does no I/O. */
export const text: string = readFileSync("x", "utf8");
