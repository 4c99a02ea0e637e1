/** The runner: `pnpm bench` compares gmqttd with other brokers on this machine. */

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { aedes } from "./brokers/aedes.ts";
import type { Broker } from "./brokers/broker.ts";
import { brokerFromCommand } from "./brokers/command.ts";
import { gmqttd } from "./brokers/gmqttd.ts";
import { mosquitto } from "./brokers/mosquitto.ts";
import { canPin } from "./brokers/pinned.ts";
import { picturesOf } from "./report/charts.ts";
import { circumstances } from "./report/machine.ts";
import { writePage } from "./report/page.ts";
import { tablesOf } from "./report/tables.ts";
import { compare } from "./run/compare.ts";
import { type Options, readOptions, USAGE } from "./run/options.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const args = process.argv.slice(2);

// Ends through 'exit', where the brokers are killed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

try {
  const options = readOptions(args);
  if (options === undefined) console.log(USAGE);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const brokers = chosen(options);
  if (!canPin) console.error("nothing is pinned to a core: taskset is missing, or there is one core only");
  const outcomes = await compare(brokers, options, (line) => console.error(line));
  const names = brokers.map(({ name }) => name);
  const text = `${circumstances(root, brokers, args, options.repeat)}\n\n${tablesOf(outcomes, names)}`;
  console.log(text);
  if (options.out !== undefined) writePage(options.out, text, picturesOf(outcomes, names), outcomes);
  if (outcomes.some(({ failures }) => failures.size > 0)) process.exitCode = 1;
}

/** The brokers that are there; of those that are missing it is said how they are had. */
function chosen({ brokers, commands, nodeArguments }: Options): Broker[] {
  const known = [gmqttd(root, nodeArguments), mosquitto, aedes(root)];
  const unknown = brokers.find((name) => !known.some((broker) => broker.name === name));
  if (unknown !== undefined)
    throw new Error(`no broker ${unknown}; there are ${known.map(({ name }) => name).join(", ")}`);
  const wanted = known.filter(({ name }) => brokers.includes(name));
  for (const { hint, name, version } of wanted) {
    if (version === undefined) console.error(`without ${name}, which is not installed: ${hint}`);
  }
  return [...wanted.filter(({ version }) => version !== undefined), ...commands.map(brokerFromCommand)];
}
