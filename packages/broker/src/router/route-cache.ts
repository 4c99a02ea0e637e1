/**
 * Routes of recently used topics. Two generations: what was not asked for while one filled up is forgotten. The topic of a
 * PUBLISH that just came in has its route beside its name in the table of topics, which spares it another look-up: with
 * many topics each one waits for memory.
 */

import type { TopicTable } from "@gmqtt/packets";
import type { Route } from "./route.ts";

/** A generation is full with so many topics, or so many characters of them: clients choose topics. */
const MOST_TOPICS = 128 * 1024;
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** Routes of longer topics are found each time: characters. */
const LONGEST_KEPT = 128;

export class RouteCache {
  readonly #topics: TopicTable<Route>;
  #young: Map<string, Route> = new Map();
  #old: Map<string, Route> = new Map();
  /** Of the topics in `#young`, and of those deleted from it. */
  #characters = 0;
  /** Packets of one chunk are often for one topic. */
  #lastTopic = "";
  #lastRoute: Route | undefined = undefined;

  constructor(topics: TopicTable<Route>) {
    this.#topics = topics;
  }

  get(topic: string): Route | undefined {
    const noted = this.#topics.noted(topic);
    if (noted !== undefined) return noted;
    if (topic === this.#lastTopic) return this.#lastRoute;
    const route = this.#find(topic);
    if (route !== undefined) this.#remember(topic, route);
    return route;
  }

  #find(topic: string): Route | undefined {
    if (topic.length > LONGEST_KEPT) return undefined;
    const young = this.#young.get(topic);
    if (young !== undefined || this.#old.size === 0) return young;
    const old = this.#old.get(topic);
    if (old !== undefined) this.set(topic, old);
    return old;
  }

  set(topic: string, route: Route): void {
    this.#remember(topic, route);
    if (topic.length > LONGEST_KEPT) return;
    if (this.#young.size >= MOST_TOPICS || this.#characters >= MOST_CHARACTERS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#characters += topic.length;
    this.#young.set(topic, route);
  }

  delete(topic: string): void {
    this.#young.delete(topic);
    this.#old.delete(topic);
    this.#topics.forgetNotes();
    this.#remember("", undefined);
  }

  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
    this.#characters = 0;
    this.#topics.forgetNotes();
    this.#remember("", undefined);
  }

  #remember(topic: string, route: Route | undefined): void {
    this.#lastTopic = topic;
    this.#lastRoute = route;
    if (route !== undefined) this.#topics.note(topic, route);
  }
}
