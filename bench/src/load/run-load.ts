/** From a load's description to the code that puts it on a broker. */

import { runOffline, runRetained } from "./bulk.ts";
import { runConnect } from "./connect.ts";
import { runIdle } from "./idle.ts";
import type { Load, LoadResult, Target } from "./spec.ts";
import { runSubscriptions } from "./subscriptions.ts";
import { runTraffic } from "./traffic.ts";

export function runLoad(target: Target, load: Load): Promise<LoadResult> {
  switch (load.kind) {
    case "traffic":
      return runTraffic(target, load);
    case "connect":
      return runConnect(target, load);
    case "idle":
      return runIdle(target, load);
    case "subscriptions":
      return runSubscriptions(target, load);
    case "retained":
      return runRetained(target, load);
    case "offline":
      return runOffline(target, load);
  }
}
