/** What no single key can tell: keys that contradict each other. */

import { type Naming, spell } from "./names.ts";
import type { BrokerConfig } from "./options.ts";

/** One contradiction, with the path of the key that is to be changed. */
export interface Contradiction {
  readonly path: (string | number)[];
  readonly message: string;
}

/** The contradictions between the keys of a configuration whose keys are right one by one. */
export function findContradictions(config: BrokerConfig, naming: Naming): Contradiction[] {
  const found: Contradiction[] = [];
  const refuse = (path: readonly (string | number)[], message: string): void => {
    found.push({ path: path.map((key) => (typeof key === "string" ? spell(key, naming) : key)), message });
  };

  const { maxUnsentBytes, maxUnsentBytesHard } = config.limits;
  if (maxUnsentBytesHard < maxUnsentBytes) {
    const other = spell("max_unsent_bytes", naming);
    refuse(
      ["limits", "max_unsent_bytes_hard"],
      `must be at least ${other} (${maxUnsentBytes}), not ${maxUnsentBytesHard}`,
    );
  }

  const bound = new Map<string, number>();
  for (const [index, listener] of config.listeners.entries()) {
    const path = ["listeners", index];
    const other = bound.get(listener.address);
    if (other !== undefined) refuse([...path, "address"], `is the address of listeners.${other} too`);
    if (!listener.address.endsWith(":0")) bound.set(listener.address, index);
    if (listener.unixMode !== undefined && !listener.address.startsWith("unix://")) {
      refuse([...path, "unix_mode"], `is for Unix sockets, not for ${listener.address}`);
    }
    if (listener.tls?.verify === true && listener.tls.cacert === undefined) {
      refuse([...path, "tls", "verify"], "needs cacert, the certificates that clients must be signed by");
    }
  }
  return found;
}
