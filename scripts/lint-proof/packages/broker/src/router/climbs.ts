// expect: lint/style/noRestrictedImports
import { handle } from "../handlers/handle.ts";

/** The router knows no handler. */
export const route = handle;
