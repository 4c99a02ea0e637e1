/**
 * Who subscribed to what, arranged for matching: filters without wildcards in a map, those with wildcards in a tree
 * with a node per level.
 */

import type { Route } from "./route.ts";
import { SharedGroup } from "./shared-group.ts";
import type { Subscription } from "./subscription.ts";

/** Everything subscribed under one filter. */
export class FilterEntry {
  /** Most filters have one subscription: it stands here, as an array for it would be as large as all of this. */
  #first: Subscription | null = null;
  #others: Subscription[] | null = null;
  /** By share name. */
  groups: Map<string, SharedGroup> | null = null;
  /** The route of topics that match this filter and no other; null until it is asked for, and when it has changed. */
  route: Route | null = null;

  get empty(): boolean {
    return this.#first === null && this.groups === null;
  }

  add(subscription: Subscription): void {
    if (this.#first === null) this.#first = subscription;
    else if (this.#others === null) this.#others = [subscription];
    else this.#others.push(subscription);
  }

  /** Order among receivers means nothing: the last one takes the place. */
  remove(subscription: Subscription): boolean {
    const others = this.#others;
    const index = others === null ? -1 : others.indexOf(subscription);
    if (index < 0 && this.#first !== subscription) return false;
    const last = others?.pop() ?? null;
    if (others?.length === 0) this.#others = null;
    if (index < 0) this.#first = last;
    else if (others !== null && index < others.length) others[index] = last as Subscription;
    return true;
  }

  /** The subscriptions that are not shared. */
  appendTo(found: Subscription[]): void {
    if (this.#first !== null) found.push(this.#first);
    if (this.#others !== null) for (const subscription of this.#others) found.push(subscription);
  }
}

class Node {
  children: Map<string, Node> | null = null;
  /** Filters that end here. */
  entry: FilterEntry | null = null;

  get empty(): boolean {
    return this.children === null && this.entry === null;
  }
}

export class FilterIndex {
  readonly #exact: Map<string, FilterEntry> = new Map();
  readonly #root: Node = new Node();

  /** True when matching changed beyond the members of a group that was there: routes of its topics must be found anew. */
  add(subscription: Subscription): boolean {
    const entry = this.#entry(subscription);
    if (subscription.shareName === undefined) {
      entry.route = null;
      entry.add(subscription);
      return true;
    }
    entry.groups ??= new Map();
    const group = entry.groups.get(subscription.shareName);
    if (group !== undefined) {
      group.add(subscription);
      return false;
    }
    const made = new SharedGroup(subscription.filter);
    made.add(subscription);
    entry.groups.set(subscription.shareName, made);
    entry.route = null;
    return true;
  }

  /** As `add`; the subscription must be in. */
  remove(subscription: Subscription): boolean {
    const path = subscription.hasWildcard ? this.#path(subscription.topicFilter) : null;
    const entry = path === null ? this.#exact.get(subscription.topicFilter) : path[path.length - 1]?.entry;
    if (entry === undefined || entry === null) return false;
    if (!removeFrom(entry, subscription)) return false;
    entry.route = null;
    if (!entry.empty) return true;
    if (path === null) this.#exact.delete(subscription.topicFilter);
    else prune(path, subscription.topicFilter.split("/"));
    return true;
  }

  group(topicFilter: string, shareName: string, hasWildcard: boolean): SharedGroup | undefined {
    const entry = hasWildcard ? this.#path(topicFilter)?.at(-1)?.entry : this.#exact.get(topicFilter);
    return entry?.groups?.get(shareName);
  }

  /** Adds the entries of all filters that match a topic name to `found`, each once. */
  match(topic: string, found: FilterEntry[]): void {
    const exact = this.#exact.get(topic);
    if (exact !== undefined) found.push(exact);
    if (this.#root.children !== null) walk(this.#root, topic.split("/"), 0, found);
  }

  /** Visits every entry. */
  *entries(): IterableIterator<FilterEntry> {
    yield* this.#exact.values();
    yield* below(this.#root);
  }

  #entry(subscription: Subscription): FilterEntry {
    if (!subscription.hasWildcard) {
      let entry = this.#exact.get(subscription.topicFilter);
      if (entry === undefined) {
        entry = new FilterEntry();
        this.#exact.set(subscription.topicFilter, entry);
      }
      return entry;
    }
    let node = this.#root;
    for (const level of subscription.topicFilter.split("/")) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = new Node();
        node.children.set(level, child);
      }
      node = child;
    }
    node.entry ??= new FilterEntry();
    return node.entry;
  }

  /** The nodes from the root to the end of a filter; null when it is not in. */
  #path(filter: string): Node[] | null {
    const path = [this.#root];
    let node = this.#root;
    for (const level of filter.split("/")) {
      const child = node.children?.get(level);
      if (child === undefined) return null;
      path.push(child);
      node = child;
    }
    return path;
  }
}

/** A filter that begins with a wildcard does not match a topic that begins with `$` [MQTT-4.7.2-1]. */
function walk(node: Node, levels: readonly string[], depth: number, found: FilterEntry[]): void {
  const children = node.children;
  const level = levels[depth];
  if (level === undefined) {
    if (node.entry !== null) found.push(node.entry);
    // "sport/#" matches "sport" as well.
    const rest = children?.get("#")?.entry;
    if (rest) found.push(rest);
    return;
  }
  if (children === null) return;
  if (depth > 0 || level.charCodeAt(0) !== 36) {
    const rest = children.get("#")?.entry;
    if (rest) found.push(rest);
    const any = children.get("+");
    if (any !== undefined) walk(any, levels, depth + 1, found);
  }
  // A topic name holds no wildcards, so a level can't be taken for one.
  const child = children.get(level);
  if (child !== undefined) walk(child, levels, depth + 1, found);
}

function removeFrom(entry: FilterEntry, subscription: Subscription): boolean {
  if (subscription.shareName === undefined) return entry.remove(subscription);
  const group = entry.groups?.get(subscription.shareName);
  if (group === undefined) return false;
  group.remove(subscription);
  if (group.size > 0) return false;
  entry.groups?.delete(subscription.shareName);
  if (entry.groups?.size === 0) entry.groups = null;
  return true;
}

function prune(path: readonly Node[], levels: readonly string[]): void {
  (path[path.length - 1] as Node).entry = null;
  for (let depth = levels.length; depth > 0; depth--) {
    const node = path[depth] as Node;
    if (!node.empty) return;
    const parent = path[depth - 1] as Node;
    parent.children?.delete(levels[depth - 1] as string);
    if (parent.children?.size === 0) parent.children = null;
  }
}

function* below(node: Node): IterableIterator<FilterEntry> {
  if (node.entry !== null) yield node.entry;
  if (node.children === null) return;
  for (const child of node.children.values()) yield* below(child);
}
