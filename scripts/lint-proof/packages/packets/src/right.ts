// expect: nothing
import { text } from "./imports-a-package.ts";

/** A neighbour is no package. */
export const twice: string = text + text;
