/** What there is for topic names, by their levels: for finding all of it that a filter matches. */

class Node<T> {
  children: Map<string, Node<T>> | null = null;
  /** A topic name ends here. */
  value: T | null = null;
}

export class TopicTree<T> {
  readonly #root: Node<T> = new Node();

  set(topic: string, value: T): void {
    let node = this.#root;
    for (const level of topic.split("/")) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = new Node<T>();
        node.children.set(level, child);
      }
      node = child;
    }
    node.value = value;
  }

  delete(topic: string): void {
    remove(this.#root, topic.split("/"), 0);
  }

  /** Visits what there is for each topic name that the filter matches [MQTT-4.7.2-1]. */
  match(filter: string, visit: (value: T) => void): void {
    collect(this.#root, filter.split("/"), 0, visit);
  }
}

function collect<T>(node: Node<T>, levels: readonly string[], depth: number, visit: (value: T) => void): void {
  const level = levels[depth];
  if (level === undefined) {
    if (node.value !== null) visit(node.value);
    return;
  }
  if (level === "#") {
    if (depth === 0) everythingFromRoot(node, visit);
    else everything(node, visit);
    return;
  }
  if (node.children === null) return;
  if (level !== "+") {
    const child = node.children.get(level);
    if (child !== undefined) collect(child, levels, depth + 1, visit);
    return;
  }
  for (const [name, child] of node.children) {
    if (depth > 0 || name.charCodeAt(0) !== 36) collect(child, levels, depth + 1, visit);
  }
}

/** Topic names that begin with $ are not among what `#` alone matches [MQTT-4.7.2-1]. */
function everythingFromRoot<T>(root: Node<T>, visit: (value: T) => void): void {
  if (root.children === null) return;
  for (const [name, child] of root.children) if (name.charCodeAt(0) !== 36) everything(child, visit);
}

/** By values alone: an array for each entry would have the collector run in the middle of 100,000 topics. */
function everything<T>(node: Node<T>, visit: (value: T) => void): void {
  if (node.value !== null) visit(node.value);
  if (node.children === null) return;
  for (const child of node.children.values()) everything(child, visit);
}

function remove<T>(node: Node<T>, levels: readonly string[], depth: number): void {
  const level = levels[depth];
  if (level === undefined) {
    node.value = null;
    return;
  }
  const child = node.children?.get(level);
  if (child === undefined) return;
  remove(child, levels, depth + 1);
  if (child.value !== null || child.children !== null) return;
  node.children?.delete(level);
  if (node.children?.size === 0) node.children = null;
}
