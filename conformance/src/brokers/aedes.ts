/** npm's aedes, started by a script of ours; it must be installed where AEDES_HOME points to. */

import { fileURLToPath } from "node:url";
import type { Brokers, Launched, ProfileName } from "./broker.ts";
import { runProcess } from "./process.ts";

const script = fileURLToPath(new URL("../../aedes.mjs", import.meta.url));

/** aedes with its defaults; it has no configuration like our profiles. */
export const aedes: Brokers = {
  name: "aedes",
  ours: false,
  grace: 200,
  async launch(profile: ProfileName): Promise<Launched | undefined> {
    if (profile !== "default") return undefined;
    const running = runProcess(process.execPath, [script]);
    const started = await running.until(/listening on (\d+) and (\d+)/);
    return {
      host: "127.0.0.1",
      port: Number(started[1]),
      webSocketPort: Number(started[2]),
      webSocketPath: "/",
      pid: running.pid,
      log: running.log,
      exitCode: running.exitCode,
      stop: () => running.stop(),
    };
  },
};
