/** Any broker that a command line starts: `name=command with {port}`. */

import type { Broker } from "./broker.ts";
import { BROKER_CORE, PinnedProcess } from "./pinned.ts";
import { accepts, freePort } from "./ports.ts";

/** The broker that `text` describes; throws when it does not. */
export function brokerFromCommand(text: string): Broker {
  const [, name, line] = /^([\w.-]+)=(.*\{port\}.*)$/.exec(text) ?? [];
  if (name === undefined || line === undefined) {
    throw new Error(`--broker wants name=command with {port} in it, not ${text}`);
  }
  return {
    name,
    version: line,
    hint: "",
    // How it is configured is up to the command line.
    features: new Set(["mqtt 5", "shared subscriptions", "long queues"]),
    start: async ({ folder }) => {
      const port = await freePort();
      const [program = "", ...args] = line.replaceAll("{port}", String(port)).split(" ");
      const broker = new PinnedProcess(BROKER_CORE, folder, program, args);
      await broker.until(() => accepts(port));
      return { pid: broker.pid, port, stop: () => broker.stop() };
    },
  };
}
