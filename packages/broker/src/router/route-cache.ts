/** Routes of recently used topics. Two generations: what was not asked for while one filled up is forgotten. */

import type { Route } from "./route.ts";

const GENERATION = 32 * 1024;

export class RouteCache {
  #young: Map<string, Route> = new Map();
  #old: Map<string, Route> = new Map();

  get(topic: string): Route | undefined {
    const young = this.#young.get(topic);
    if (young !== undefined || this.#old.size === 0) return young;
    const old = this.#old.get(topic);
    if (old !== undefined) this.set(topic, old);
    return old;
  }

  set(topic: string, route: Route): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(topic, route);
  }

  delete(topic: string): void {
    this.#young.delete(topic);
    this.#old.delete(topic);
  }

  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
  }
}
