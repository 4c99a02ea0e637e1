/** The command line: flags, questions where they leave something open, and what is said at the end. */

import type { Readable, Writable } from "node:stream";
import { Command, CommanderError } from "commander";
import { askChoices, Cancelled, type GivenChoices } from "./ask.ts";
import { ChoiceError, type Choices, defaultOutput, parseHooks, parseName, parseSwitch } from "./choices.ts";
import { renderPlugin } from "./render.ts";
import { version } from "./version.ts";
import { assertFree, writePlugin } from "./write.ts";

/** The part of a process that a run needs. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
}

interface Flags {
  readonly name?: string;
  readonly hooks?: string;
  readonly config?: string | boolean;
  readonly output?: string;
  readonly yes?: boolean;
}

/** Runs one command line (without the program's name); answers its exit code: 0 written, 1 cancelled, 2 refused. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  const program = makeProgram(surroundings);
  try {
    program.parse(args, { from: "user" });
    const choices = await choose(readFlags(program.opts<Flags>(), program.args[0]), surroundings, program);
    await writePlugin(renderPlugin(choices, new Date().getFullYear()), choices.output);
    stdout.write(nextSteps(choices));
    return 0;
  } catch (error) {
    // commander has printed what there is to say; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ChoiceError) && !(error instanceof Cancelled)) throw error;
    stderr.write(`create-plugin: ${error.message}\n`);
    return error instanceof Cancelled ? 1 : 2;
  }
}

function makeProgram({ stdout, stderr }: Surroundings): Command {
  return new Command("create-plugin")
    .description("Writes a plugin for gmqtt: a TypeScript package that builds, tests and lints at once.")
    .argument("[name]", "the same as --name")
    .option("-n, --name <name>", "name of the plugin, or of its package")
    .option("-H, --hooks <list>", "hooks with commas between them, onBasicAuth or OnBasicAuth; all; none")
    .option("-c, --config [boolean]", "with a section of the configuration and its schema")
    .option("--no-config", "without one")
    .option("-o, --output <folder>", "folder to write into, by default named after the package")
    .option("-y, --yes", "ask nothing: no hooks and no configuration where nothing is said")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .allowExcessArguments(false)
    .exitOverride();
}

function readFlags({ name, hooks, config, output, yes }: Flags, argument: string | undefined): GivenFlags {
  if (name !== undefined && argument !== undefined && name !== argument) {
    throw new ChoiceError(`two names, ${argument} and ${name}`);
  }
  const called = name ?? argument;
  return {
    ...(called === undefined ? {} : parseName(called)),
    hooks: hooks === undefined ? undefined : parseHooks(hooks),
    config: typeof config === "string" ? parseSwitch(config) : config,
    output,
    yes: yes === true,
  };
}

interface GivenFlags extends GivenChoices {
  readonly yes: boolean;
}

/** Nobody is asked when everything is said, or nobody is there. */
async function choose(given: GivenFlags, { stdin, stdout }: Surroundings, program: Command): Promise<Choices> {
  const { yes, name, packageName, hooks = [], config = false } = given;
  const { output = packageName === undefined ? undefined : defaultOutput(packageName) } = given;
  if (output !== undefined) await assertFree(output);
  const said = name !== undefined && given.hooks !== undefined && given.config !== undefined;
  const somebody = stdin.isTTY === true && stdout.isTTY === true;
  if (!said && !yes && somebody) return askChoices(given, { input: stdin, output: stdout });
  if (name === undefined || packageName === undefined || output === undefined) {
    throw new ChoiceError(`a name is needed: --name quiet-hours\n\n${program.helpInformation()}`);
  }
  return { name, packageName, hooks, config, output };
}

function nextSteps({ packageName, hooks, output }: Choices): string {
  const wrapped = hooks.length === 0 ? "no hooks yet" : hooks.join(", ");
  return `
${packageName} (${wrapped}) stands in ${output}

  cd ${output}
  npm install
  npm test
  npm run lint
  npm run build

What each hook may do: docs/hooks.md of gmqtt for Node.js. From here to npm: README.md of the package.
`;
}
