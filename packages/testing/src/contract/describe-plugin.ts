/** The contract of a plugin as a test suite, and a place for the plugin's own cases. */

import assert from "node:assert/strict";
import { HOOK_NAMES, type Hooks, type Plugin, type PluginDefinition, resolveConfig } from "@gmqtt/broker";
import { LogBook } from "../broker/log-book.ts";
import type { TestBrokerOptions } from "../broker/options.ts";
import { type ConnectClientOptions, createTestBroker, type TestBroker } from "../broker/test-broker.ts";
import { EXERCISED, exercise, listeningPlugin } from "./plugin/exercise.ts";
import { type Runner, resolveRunner } from "./runner.ts";

/** What a plugin's own case gets. */
export interface PluginCaseContext {
  /** A broker that runs with the plugin; stopped after the case. */
  readonly broker: TestBroker;
  readonly plugin: Plugin;
}

/** One case of a plugin's own. */
export type PluginCase = (context: PluginCaseContext) => void | Promise<void>;

/** What the suite has to know of a plugin. */
export interface DescribePluginOptions extends Partial<Runner> {
  /** A section that the plugin's schema accepts. Default: none, as when the configuration has no section for it. */
  readonly config?: unknown;
  /** Sections that the schema must refuse, each with the key that is wrong in it, for example `listen_address`. */
  readonly refuses?: readonly { readonly config: unknown; readonly path: string }[];
  /** What a client has to say so that the plugin lets it do everything. */
  readonly client?: ConnectClientOptions;
  /** Hooks that the plugin answers itself, on purpose, without asking the next plugin. Default: none. */
  readonly answers?: readonly (keyof Hooks)[];
  /** For the brokers of all cases. */
  readonly broker?: Omit<TestBrokerOptions, "plugins">;
  /** The plugin's own cases, by their sentence. */
  readonly cases?: Readonly<Record<string, PluginCase>>;
}

/**
 * Runs the plugin contract: schema, lifecycle, undo, hooks that pass on, several brokers in one process; then the
 * plugin's own cases, each with a broker of its own.
 */
export function describePlugin<C>(
  name: string,
  definition: PluginDefinition<C>,
  options: DescribePluginOptions = {},
): void {
  const { describe, it } = resolveRunner(options);
  const start = (...others: Plugin[]) => startWith(definition, options, others);

  describe(`${name} keeps the plugin contract`, () => {
    it("has a name that fits a configuration key and a package name", () => {
      assert.match(definition.name, /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/);
    });

    it("makes plugins of its own name that wrap only hooks that there are", () => {
      const plugin = makePlugin(definition, options);
      assert.equal(plugin.name, definition.name);
      for (const hook of Object.keys(plugin.hookWrapper()))
        assert.ok(HOOK_NAMES.includes(hook as never), `no hook ${hook}`);
    });

    it("refuses a section with a key that it does not know", () => {
      if (definition.configSchema === undefined) return;
      const result = definition.configSchema.safeParse({ ...(options.config as object), no_such_key_1f3a: 1 });
      assert.equal(result.success, false, "an unknown key was accepted");
    });

    for (const { config, path } of options.refuses ?? []) {
      it(`refuses ${JSON.stringify(config)} and names ${path}`, () => {
        const result = definition.configSchema?.safeParse(config);
        assert.ok(result !== undefined && !result.success, "the section was accepted");
        const paths = result.error.issues.map((issue) => issue.path.join("."));
        assert.ok(paths.includes(path), `named ${paths.join(", ")}`);
      });
    }

    it("starts, serves clients of all versions and stops without an error of its own", async () => {
      const { broker } = await start();
      await exercise(broker, options.client ?? {});
      await broker.stop();
      assert.equal(broker.server.statsManager.population.hookFailures, 0);
    });

    it("passes every hook on that it does not answer itself", async () => {
      const heard = new Set<keyof Hooks>();
      const { broker } = await start(listeningPlugin(heard));
      await exercise(broker, options.client ?? {});
      await broker.stop();
      const expected = EXERCISED.filter((hook) => !(options.answers ?? []).includes(hook));
      assert.deepEqual(
        expected.filter((hook) => !heard.has(hook)),
        [],
        "hooks that did not reach the next plugin",
      );
    });

    it("runs in two brokers of one process, and again after a stop", async () => {
      const first = await start();
      const second = await start();
      await first.broker.stop();
      await exercise(second.broker, options.client ?? {});
      await second.broker.stop();
      await (await start()).broker.stop();
    });

    it("gives everything back when a later plugin fails the start", async () => {
      const failing = { name: "describe-plugin-failure", unload: () => {}, hookWrapper: () => ({}) };
      const load = () => Promise.reject(new Error("on purpose"));
      await assert.rejects(start({ ...failing, load }));
      // Whatever it held (ports, files) has to be free again.
      await (await start()).broker.stop();
    });

    for (const [sentence, prove] of Object.entries(options.cases ?? {})) {
      it(sentence, async () => {
        const context = await start();
        try {
          await prove(context);
        } finally {
          await context.broker.stop();
        }
      });
    }
  });
}

async function startWith<C>(
  definition: PluginDefinition<C>,
  options: DescribePluginOptions,
  others: readonly Plugin[],
): Promise<PluginCaseContext> {
  const plugin = makePlugin(definition, options);
  return { plugin, broker: await createTestBroker({ ...options.broker, plugins: [plugin, ...others] }) };
}

function makePlugin<C>(definition: PluginDefinition<C>, options: DescribePluginOptions): Plugin {
  const config = resolveConfig({ ...options.broker?.config, listeners: [] });
  const context = { config, baseDirectory: options.broker?.baseDirectory ?? process.cwd(), logger: new LogBook() };
  return definition.create(readSection(definition, options.config), context);
}

function readSection<C>(definition: PluginDefinition<C>, section: unknown): C {
  if (definition.configSchema === undefined) return undefined as C;
  const result = definition.configSchema.safeParse(section ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  assert.fail(`the suite's own section was refused: ${issues.join("; ")}`);
}
