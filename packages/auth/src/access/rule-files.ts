/** The rules in force: those of the configuration, then those of the access file, which may change at any time. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { AuthConfig } from "../config.ts";
import { WatchedFile } from "../files/watched-file.ts";
import { parseAccessFile } from "./access-file.ts";
import type { AccessPolicy } from "./identities.ts";
import type { AccessRule } from "./rule.ts";
import { compileRule } from "./rule-schema.ts";

/** Told of changes of the file. */
export interface RuleFileEvents {
  readonly changed: (policy: AccessPolicy) => void;
  /** The file can't be used as it is now; the rules from before stay. */
  readonly refused: (error: Error) => void;
}

export class Rules {
  readonly #config: AuthConfig;
  readonly #path: string | undefined;
  readonly #events: RuleFileEvents;
  #watched: WatchedFile | undefined;
  #policy: AccessPolicy;

  private constructor(config: AuthConfig, path: string | undefined, events: RuleFileEvents) {
    this.#config = config;
    this.#path = path;
    this.#events = events;
    this.#policy = this.#policyWith([]);
  }

  /** Rejects when the file can't be used: nobody is let in under rules that nobody read. */
  static async open(config: AuthConfig, path: string | undefined, events: RuleFileEvents): Promise<Rules> {
    const rules = new Rules(config, path, events);
    if (path === undefined) return rules;
    rules.#policy = await rules.#read(path);
    rules.#watched = new WatchedFile(path, () => void rules.#reload(path));
    await rules.#watched.start();
    return rules;
  }

  get policy(): AccessPolicy {
    return this.#policy;
  }

  close(): void {
    this.#watched?.close();
  }

  async #reload(path: string): Promise<void> {
    try {
      this.#policy = await this.#read(path);
    } catch (error) {
      this.#events.refused(error as Error);
      return;
    }
    this.#events.changed(this.#policy);
  }

  async #read(path: string): Promise<AccessPolicy> {
    return this.#policyWith(parseAccessFile(await readFile(path, "utf8"), basename(path)));
  }

  #policyWith(fromFile: readonly AccessRule[]): AccessPolicy {
    const { acl, acl_default, http, jwt } = this.#config;
    const any = acl !== undefined || acl_default !== undefined || this.#path !== undefined;
    const own = (acl ?? []).map((rule, index) => compileRule(rule, `acl rule ${index + 1}`));
    return {
      rules: any ? [...own, ...fromFile] : undefined,
      allowOtherwise: acl_default === "allow",
      tokenRules: jwt !== undefined || http !== undefined,
    };
  }
}
