/** Loaded into gmqttd under test (`node --import`): at each SIGUSR2 it collects garbage and writes what is really in use. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
let answers = 0;

process.on("SIGUSR2", () => {
  collect();
  // What finalizers let go of is free at the second collection.
  setImmediate(() => {
    collect();
    const { external, heapUsed } = process.memoryUsage();
    answers++;
    process.stderr.write(`memory-probe ${answers}: ${((heapUsed + external) / 1048576).toFixed(1)} MiB\n`);
  });
});
