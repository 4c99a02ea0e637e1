/** What a plugin is, and how a package offers one. */

import type { Awaitable } from "../awaitable.ts";
import type { BrokerConfig } from "../config/index.ts";
import type { HookWrapper } from "../hooks/hooks.ts";
import type { Logger } from "../logger.ts";
import type { Persistence } from "../persistence/persistence.ts";
import type { ExplainAnswer, ExplainQuestion } from "./explain.ts";
import type { Server } from "./server.ts";

/** Extends a broker. Constructed before the broker starts; everything it needs of it comes with `load`. */
export interface Plugin {
  readonly name: string;
  /**
   * Called in `plugin_order` before the store is read, which may take its time: for what has to answer meanwhile, as health
   * checks do. The server can be looked at, and holds nothing yet. `load` follows, or `unload`. Rejecting ends the start.
   */
  prepare?(server: Server): Awaitable<void>;
  /** Called in `plugin_order` once sessions are restored, before anything listens. Rejecting ends the start. */
  load(server: Server): Awaitable<void>;
  /**
   * Called in reverse order when the broker stops, or when its start failed after `prepare` or `load`. Of plugins with `prepare`
   * it comes last, when the store is closed.
   */
  unload(): Awaitable<void>;
  /** Asked once, before `load`. */
  hookWrapper(): HookWrapper;
  /** The persistence type this plugin provides, for example "redis"; used when `persistence.type` names it. */
  readonly persistence?: { readonly type: string; create(): Persistence };
  /** Takes a changed section on reload; a plugin without it needs a restart. Throwing keeps the old one. */
  applyConfig?(section: unknown): Awaitable<void>;
  /** Says which rule of this plugin would decide; undefined: none. Has no effect, and is asked between `load` and `unload`. */
  explain?(question: ExplainQuestion): Awaitable<ExplainAnswer | undefined>;
}

/** What a plugin gets to make itself of, besides its own section. */
export interface PluginContext {
  readonly config: BrokerConfig;
  /** Folder of the configuration file, that relative paths start from. */
  readonly baseDirectory: string;
  readonly logger: Logger;
}

/** One thing that does not fit a schema. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Checks a configuration section; every zod schema is one. */
export interface ConfigSchema<C> {
  safeParse(
    section: unknown,
  ):
    | { readonly success: true; readonly data: C }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** What a plugin package exports as its default. */
export interface PluginDefinition<C = unknown> {
  /** The name used in `plugin_order` and `plugins.<name>`. */
  readonly name: string;
  /** Absent: the plugin takes no configuration, and a section with any key is an error. */
  readonly configSchema?: ConfigSchema<C>;
  create(config: C, context: PluginContext): Plugin;
}

/** Types the definition of a plugin; what a plugin package default-exports. */
export function definePlugin<C = undefined>(definition: PluginDefinition<C>): PluginDefinition<C> {
  return definition;
}
