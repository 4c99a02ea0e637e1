// expect: lint/suspicious/noImportCycles
import { a } from "./circle-a.ts";

/** The other half. */
export const b = (): number => a();
