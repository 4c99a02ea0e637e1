/** Composes the hooks of all plugins into one function each; a hook nobody wraps stays undefined. */

import { MqttError, ReasonCode } from "@gmqtt/packets";
import { isPromise } from "../awaitable.ts";
import type { Logger } from "../logger.ts";
import { assertWrapper } from "../plugin/check-plugin.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { PopulationCounters } from "../stats/stats.ts";
import type { TimerWheel } from "../timer-wheel.ts";
import type { ComposedHooks, Hooks } from "./hooks.ts";

type AnyHook = (...input: unknown[]) => unknown;
type AnyWrapper = (next: AnyHook) => AnyHook;

const allow: AnyHook = () => undefined;

const unknownMethod: AnyHook = () => {
  throw new MqttError(ReasonCode.BadAuthenticationMethod);
};

/** What the innermost wrapper finds behind it. */
const innermost: { readonly [K in keyof Hooks]: AnyHook } = {
  onAccept: () => true,
  onStop: allow,
  onBasicAuth: allow,
  onEnhancedAuth: unknownMethod,
  onReAuth: unknownMethod,
  onConnected: allow,
  onSessionCreated: allow,
  onSessionResumed: allow,
  onSessionTerminated: allow,
  onSubscribe: allow,
  onSubscribed: allow,
  onUnsubscribe: allow,
  onUnsubscribed: allow,
  onMsgArrived: allow,
  onDelivered: allow,
  onMsgDropped: allow,
  onWillPublish: allow,
  onWillPublished: allow,
  onClosed: allow,
};

/** Names of all hooks, in the order of their declaration. */
export const HOOK_NAMES: readonly (keyof Hooks)[] = Object.keys(innermost) as (keyof Hooks)[];

/** Hooks that only hear what happened: the broker does not wait for them, and what they throw changes nothing. */
const notifications: ReadonlySet<keyof Hooks> = new Set<keyof Hooks>([
  "onConnected",
  "onSessionCreated",
  "onSessionResumed",
  "onSessionTerminated",
  "onSubscribed",
  "onUnsubscribed",
  "onDelivered",
  "onMsgDropped",
  "onWillPublished",
  "onClosed",
]);

/** Told how long each plugin's part in a hook took, the wrapped `next` included. */
export type HookObserver = (plugin: string, hook: keyof Hooks, milliseconds: number) => void;

/** What the chain needs of the broker. */
export interface HookChainOptions {
  /** Milliseconds after which a pending hook counts as a refusal; 0: never. */
  readonly timeout: () => number;
  readonly wheel: TimerWheel;
  readonly logger: Logger;
  readonly population: PopulationCounters;
  readonly monotonic: () => number;
  /** Asked per call; undefined while nobody measures. */
  readonly observer: () => HookObserver | undefined;
  /** Gets the names of the plugins in each hook, the outermost first. */
  readonly members?: Map<keyof Hooks, readonly string[]>;
}

/** The first plugin is outermost. Plugins are asked for their wrappers once, here. */
export function composeHooks(plugins: readonly Plugin[], options: HookChainOptions): ComposedHooks {
  const failures = new HookFailures(options);
  const wrappers = plugins.map((plugin) => {
    const wrapper = plugin.hookWrapper();
    assertWrapper(plugin.name, wrapper, HOOK_NAMES);
    return { name: plugin.name, wrapper: wrapper as Record<string, AnyWrapper | undefined> };
  });
  const composed: Record<string, AnyHook | undefined> = {};
  for (const hook of HOOK_NAMES) {
    const wrapping = wrappers.filter(({ wrapper }) => wrapper[hook] !== undefined);
    options.members?.set(
      hook,
      wrapping.map(({ name }) => name),
    );
    composed[hook] = wrapping.length === 0 ? undefined : compose(hook, wrapping, failures);
  }
  return composed as unknown as ComposedHooks;
}

function compose(
  hook: keyof Hooks,
  wrapping: readonly { readonly name: string; readonly wrapper: Record<string, AnyWrapper | undefined> }[],
  failures: HookFailures,
): AnyHook {
  let chain = innermost[hook];
  for (let index = wrapping.length - 1; index >= 0; index--) {
    const { name, wrapper } = wrapping[index] as (typeof wrapping)[number];
    chain = failures.attribute(name, hook, (wrapper[hook] as AnyWrapper)(chain));
  }
  return notifications.has(hook) ? failures.contain(hook, chain) : failures.decide(hook, chain);
}

/** A hook that fails for every message is heard of this often: milliseconds. */
const SAY_AGAIN = 10_000;

/** Turns whatever a hook does into an answer or an `MqttError`, and knows whose fault it was. */
class HookFailures {
  readonly #options: HookChainOptions;
  readonly #culprits: WeakMap<object, string> = new WeakMap();
  /** When a failure was last logged, and how often it has come since, by hook and plugin. */
  readonly #said: Map<string, { at: number; since: number }> = new Map();

  constructor(options: HookChainOptions) {
    this.#options = options;
  }

  /** Remembers the innermost plugin an error came from, and tells the observer how long the plugin took. */
  attribute(plugin: string, hook: keyof Hooks, run: AnyHook): AnyHook {
    return (...input) => {
      const observer = this.#options.observer();
      const start = observer === undefined ? 0 : this.#options.monotonic();
      let result: unknown;
      try {
        result = run(...input);
      } catch (error) {
        observer?.(plugin, hook, this.#options.monotonic() - start);
        throw this.#blame(error, plugin);
      }
      if (isPromise(result)) {
        return result.then(
          (value) => {
            observer?.(plugin, hook, this.#options.monotonic() - start);
            return value;
          },
          (error) => {
            observer?.(plugin, hook, this.#options.monotonic() - start);
            throw this.#blame(error, plugin);
          },
        );
      }
      observer?.(plugin, hook, this.#options.monotonic() - start);
      return result;
    };
  }

  /** A hook whose answer counts. */
  decide(hook: keyof Hooks, run: AnyHook): AnyHook {
    return (...input) => {
      let result: unknown;
      try {
        result = run(...input);
      } catch (error) {
        throw this.#refusal(hook, error);
      }
      if (isPromise(result)) return this.#inTime(hook, result);
      if (result instanceof MqttError) throw result;
      return result;
    };
  }

  /** A hook that is only told. */
  contain(hook: keyof Hooks, run: AnyHook): AnyHook {
    return (...input) => {
      try {
        const result = run(...input);
        if (isPromise(result)) result.then(undefined, (error: unknown) => this.#report(hook, error));
      } catch (error) {
        this.#report(hook, error);
      }
      return undefined;
    };
  }

  #inTime(hook: keyof Hooks, pending: Promise<unknown>): Promise<unknown> {
    const { timeout, wheel, logger, population } = this.#options;
    const limit = timeout();
    return new Promise((resolve, reject) => {
      const timer = wheel.after(limit === 0 ? Number.MAX_SAFE_INTEGER : limit, () => {
        population.hookTimeouts++;
        const more = this.#due(`${hook} late`);
        if (more !== undefined) logger.warn({ hook, timeout: limit, ...more }, "hook took too long, refused");
        reject(new MqttError(ReasonCode.ImplementationSpecificError));
      });
      pending.then(
        (value) => {
          timer.cancel();
          if (value instanceof MqttError) reject(value);
          else resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(this.#refusal(hook, error));
        },
      );
    });
  }

  /** Fail closed: what is no MqttError refuses as well, without telling the client why. */
  #refusal(hook: keyof Hooks, error: unknown): MqttError {
    if (error instanceof MqttError) return error;
    this.#report(hook, error);
    return new MqttError(ReasonCode.ImplementationSpecificError, { cause: error });
  }

  #report(hook: keyof Hooks, error: unknown): void {
    this.#options.population.hookFailures++;
    const plugin = typeof error === "object" && error !== null ? this.#culprits.get(error) : undefined;
    const more = this.#due(`${hook} ${plugin}`);
    if (more !== undefined) this.#options.logger.error({ err: error, hook, plugin, ...more }, "hook failed");
  }

  /** What to say besides; undefined where it was said a moment ago: the log must not grow with every message. */
  #due(what: string): { readonly unsaid?: number } | undefined {
    const now = this.#options.monotonic();
    const said = this.#said.get(what);
    if (said !== undefined && now - said.at < SAY_AGAIN) {
      said.since++;
      return undefined;
    }
    this.#said.set(what, { at: now, since: 0 });
    return said === undefined || said.since === 0 ? {} : { unsaid: said.since };
  }

  /** What is thrown and no object gets one, so that the plugin can be named. */
  #blame(thrown: unknown, plugin: string): unknown {
    const error = typeof thrown === "object" && thrown !== null ? thrown : new Error(String(thrown));
    if (!this.#culprits.has(error)) this.#culprits.set(error, plugin);
    return error;
  }
}
