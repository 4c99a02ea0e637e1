/** Puts a new configuration in force, as far as it can change while the broker runs. */

import { type BrokerConfig, compareConfigs } from "../config/index.ts";
import type { Listener } from "../listeners/transport.ts";
import type { Plugin } from "../plugin/plugin.ts";
import type { ApplyResult } from "../plugin/server.ts";
import type { Core } from "./core.ts";
import { mergeLive } from "./merge-config.ts";
import { UndoStack } from "./undo-stack.ts";

/** What a reload reaches. */
export interface Reloadable {
  readonly core: Core;
  readonly plugins: readonly Plugin[];
  readonly listeners: readonly Listener[];
}

/** A plugin or a certificate that refuses leaves everything as it was, and the promise rejects with its reason. */
export async function reload({ core, listeners, plugins }: Reloadable, next: BrokerConfig): Promise<ApplyResult> {
  const { services } = core;
  const current = services.config;
  const changes = compareConfigs(current, next);
  const applied = [...changes.live];
  const needsRestart = [...changes.restart];
  // All are read before the first is put in force: one that can't be leaves everything as it was.
  const certificates = await Promise.all(listeners.map((listener) => listener.prepareReload()));
  const undo = new UndoStack((culprit, err) => services.logger.error({ err, culprit }, "could not be set back"));
  try {
    for (const name of changes.plugins) {
      const plugin = plugins.find((candidate) => candidate.name === name);
      if (plugin?.applyConfig === undefined) {
        needsRestart.push(`plugins.${name}`);
        continue;
      }
      await plugin.applyConfig(next.plugins[name]);
      undo.push(`plugin ${name}`, () => plugin.applyConfig?.(current.plugins[name]));
      applied.push(`plugins.${name}`);
    }
  } catch (error) {
    await undo.run();
    throw error;
  }
  for (const renew of certificates) renew();
  services.config = mergeLive(current, next, changes.restart);
  services.router.forgetRoutes();
  return { applied, needsRestart };
}
