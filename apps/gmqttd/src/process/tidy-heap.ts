/** Ends what V8 has to do about the start of the program before there are clients. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Collects all garbage that loading the program has left: some milliseconds now. V8 would do it in the first seconds
 * under load, with its helper threads: on a single core nobody is served for 20 ms then.
 */
export function tidyHeap(): void {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  collect();
}
