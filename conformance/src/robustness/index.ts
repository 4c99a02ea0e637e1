/** Robustness beside conformance: what the broker must survive, and be as well afterwards as before. */

import type { Launched } from "../brokers/broker.ts";
import type { OwnBrokers } from "../brokers/gmqttd.ts";
import { runCorpus } from "./corpus-run.ts";
import { floods } from "./floods.ts";
import { fuzz } from "./fuzzer.ts";
import { checkHealth, forgetRetained, healthyRound, patienceNow, vitals } from "./health.ts";

/** Counts of what was run. */
export interface RobustnessResult {
  readonly passed: number;
  readonly failed: number;
}

interface Trial {
  readonly name: string;
  /** Complaints. */
  run(broker: Launched, patience: number): Promise<readonly string[]>;
}

/** Runs everything against a gmqttd of its own; `seconds` and `seed` are the fuzzer's. */
export async function runRobustness(
  brokers: OwnBrokers,
  options: { seconds: number; seed: number },
): Promise<RobustnessResult> {
  const broker = await brokers.launch("fleeting");
  let [passed, failed] = [0, 0];
  try {
    // What grows once (code, pools) must not be taken for a leak.
    for (let round = 0; round < 50; round++) await healthyRound(broker);
    for (const trial of trials(options)) {
      const patience = await patienceNow(broker);
      const [before, logFrom, began] = [await vitals(broker), broker.log().length, Date.now()];
      const own = await trial.run(broker, patience).catch((error: Error) => [error.message]);
      const complaints = [...own, ...(await checkHealth(broker, before, logFrom, patience))];
      const took = ((Date.now() - began) / 1000).toFixed(1);
      const after = await vitals(broker);
      console.log(
        `${complaints.length === 0 ? "ok  " : "FAIL"} ${trial.name} (${took} s, ${before.memory} to ${after.memory} MiB in use)`,
      );
      for (const complaint of complaints.slice(0, 20)) console.log(`       ${complaint}`);
      if (complaints.length === 0) passed++;
      else failed++;
      if (broker.exitCode() !== null) break;
    }
  } finally {
    await broker.stop();
  }
  return { passed, failed };
}

function trials({ seconds, seed }: { seconds: number; seed: number }): Trial[] {
  const versions = [
    [3, "3.1"],
    [4, "3.1.1"],
    [5, "5.0"],
  ] as const;
  return [
    ...versions.map(
      ([version, name]): Trial => ({
        name: `malformed corpus of ${name}`,
        run: (broker) => runCorpus(broker, version),
      }),
    ),
    ...floods,
    {
      name: `fuzzer, ${seconds} s from seed ${seed}`,
      run: async (broker) => {
        const report = await fuzz(broker, seconds, seed);
        const [early, late] = report.memory;
        console.log(
          `     ${report.conversations} conversations, ${report.packets} packets, ${report.bytesReceived} bytes received, memory in use ${early} MiB after a tenth, ${late} MiB at the end`,
        );
        await forgetRetained(broker);
        return report.complaints;
      },
    },
  ];
}
