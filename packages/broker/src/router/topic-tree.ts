/** Topic names by levels, for finding those that a filter matches. */

class Node {
  children: Map<string, Node> | null = null;
  /** A topic name ends here. */
  topic: string | null = null;
}

export class TopicTree {
  readonly #root: Node = new Node();

  add(topic: string): void {
    let node = this.#root;
    for (const level of topic.split("/")) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = new Node();
        node.children.set(level, child);
      }
      node = child;
    }
    node.topic = topic;
  }

  delete(topic: string): void {
    remove(this.#root, topic.split("/"), 0);
  }

  /** Visits each topic name that the filter matches [MQTT-4.7.2-1]. */
  match(filter: string, visit: (topic: string) => void): void {
    collect(this.#root, filter.split("/"), 0, visit);
  }
}

function collect(node: Node, levels: readonly string[], depth: number, visit: (topic: string) => void): void {
  const level = levels[depth];
  if (level === undefined) {
    if (node.topic !== null) visit(node.topic);
    return;
  }
  if (level === "#") {
    everything(node, depth === 0, visit);
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

function everything(node: Node, atRoot: boolean, visit: (topic: string) => void): void {
  if (node.topic !== null) visit(node.topic);
  if (node.children === null) return;
  for (const [name, child] of node.children) {
    if (!atRoot || name.charCodeAt(0) !== 36) everything(child, false, visit);
  }
}

function remove(node: Node, levels: readonly string[], depth: number): void {
  const level = levels[depth];
  if (level === undefined) {
    node.topic = null;
    return;
  }
  const child = node.children?.get(level);
  if (child === undefined) return;
  remove(child, levels, depth + 1);
  if (child.topic !== null || child.children !== null) return;
  node.children?.delete(level);
  if (node.children?.size === 0) node.children = null;
}
