/** Loaded into gmqttd under test (`node --import`): at SIGUSR2 it collects garbage and writes what is really in use, in MiB. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

process.on("SIGUSR2", () => {
  collect();
  // What finalizers let go of is free at the second collection.
  setImmediate(() => {
    collect();
    const { external, heapUsed } = process.memoryUsage();
    process.stderr.write(`memory-probe ${((heapUsed + external) / 1048576).toFixed(1)}\n`);
  });
});
