// expect: lint/suspicious/noImportCycles
import { b } from "./circle-b.ts";

/** Half of a circle. */
export const a = (): number => b();
