/** Tells when a file was changed, replaced or swapped by a link, whoever did it. */

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Writers that don't rename are given this time to finish, ms. */
const SETTLE = 50;
/** Where the system can't watch (network folders, too many watches) the file is looked at this often, ms. */
const POLL = 5_000;

export class WatchedFile {
  readonly #path: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;
  #poll: NodeJS.Timeout | undefined;
  #settle: NodeJS.Timeout | undefined;
  #seen = "";
  #closed = false;

  constructor(path: string, onChange: () => void) {
    this.#path = path;
    this.#onChange = onChange;
  }

  /** Starts watching; the file need not be there. What it is now counts as seen. */
  async start(): Promise<void> {
    this.#seen = await this.#look();
    if (this.#closed) return;
    try {
      // The folder, not the file: a rename puts another file in its place.
      this.#watcher = watch(dirname(this.#path), { persistent: false }, () => this.#soon());
      this.#watcher.on("error", () => this.#fallBack());
    } catch {
      this.#fallBack();
    }
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    clearInterval(this.#poll);
    clearTimeout(this.#settle);
  }

  #fallBack(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (this.#closed) return;
    this.#poll ??= setInterval(() => this.#soon(), POLL).unref();
  }

  #soon(): void {
    if (this.#closed) return;
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => void this.#check(), SETTLE).unref();
  }

  async #check(): Promise<void> {
    const now = await this.#look();
    if (this.#closed || now === this.#seen) return;
    this.#seen = now;
    this.#onChange();
  }

  /** Differs whenever the file is another one. */
  async #look(): Promise<string> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#path, { bigint: true });
      return `${ino} ${mtimeNs} ${size}`;
    } catch {
      return "absent";
    }
  }
}
