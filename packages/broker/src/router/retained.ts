/** The last retained message of each topic (MQTT 5.0 section 3.3.1.3). */

import { hasWildcard } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";
import { TopicTree } from "./topic-tree.ts";

interface Entry {
  readonly message: Message;
  readonly expiry: WheelTimer | null;
}

/** What the retained messages need of the broker. */
export interface RetainedOptions {
  readonly now: () => number;
  readonly wheel: TimerWheel;
  readonly maxMessages: () => number;
  readonly maxBytes: () => number;
  /** Told of each change that should survive a restart. */
  readonly onChange: (topic: string, message: Message | undefined) => void;
}

/** Why a message was not retained. */
export type RetainedLimit = "limits.max_retained_messages" | "limits.max_retained_bytes";

export class RetainedMessages {
  readonly #options: RetainedOptions;
  readonly #entries: Map<string, Entry> = new Map();
  readonly #topics: TopicTree = new TopicTree();
  #bytes = 0;

  constructor(options: RetainedOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#entries.size;
  }

  /** Topics and payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  get(topic: string): Message | undefined {
    return this.#entries.get(topic)?.message;
  }

  /** The limit that storing this message would break; undefined when it may be stored. */
  limitFor(message: Message): RetainedLimit | undefined {
    const present = this.#entries.get(message.topic);
    const { maxMessages, maxBytes } = this.#options;
    if (present === undefined && this.#entries.size >= maxMessages()) return "limits.max_retained_messages";
    const freed = present === undefined ? 0 : present.message.size;
    return this.#bytes - freed + message.size > maxBytes() ? "limits.max_retained_bytes" : undefined;
  }

  /** Stores the message in place of the topic's, or removes that if the payload is empty [MQTT-3.3.1-6] [MQTT-3.3.1-7]. */
  apply(message: Message): void {
    if (message.payloadLength === 0) {
      this.remove(message.topic);
      return;
    }
    this.set(message);
    this.#options.onChange(message.topic, message);
  }

  /** Stores without telling the store; for what it gave us, and for what must not survive. */
  set(message: Message): void {
    message.detach();
    const { topic } = message;
    const present = this.#entries.get(topic);
    if (present === undefined) this.#topics.add(topic);
    else this.#forget(present);
    this.#bytes += message.size;
    this.#entries.set(topic, { message, expiry: this.#expiry(message) });
  }

  remove(topic: string): boolean {
    const present = this.#entries.get(topic);
    if (present === undefined) return false;
    this.#forget(present);
    this.#entries.delete(topic);
    this.#topics.delete(topic);
    this.#options.onChange(topic, undefined);
    return true;
  }

  /** Removes all; answers how many there were. */
  clear(): number {
    const topics = [...this.#entries.keys()];
    for (const topic of topics) this.remove(topic);
    return topics.length;
  }

  /** The message of a topic, unless it has expired. */
  current(topic: string): Message | undefined {
    const message = this.#entries.get(topic)?.message;
    return message !== undefined && message.expiresAt > this.#options.now() ? message : undefined;
  }

  /** Topics with a retained message that a filter matches. */
  topicsMatching(filter: string): string[] {
    if (!hasWildcard(filter)) return this.#entries.has(filter) ? [filter] : [];
    const topics: string[] = [];
    this.#topics.match(filter, (topic) => topics.push(topic));
    return topics;
  }

  *values(): IterableIterator<Message> {
    for (const { message } of this.#entries.values()) yield message;
  }

  #expiry(message: Message): WheelTimer | null {
    const { expiresAt } = message;
    if (expiresAt === Number.POSITIVE_INFINITY) return null;
    return this.#options.wheel.after(expiresAt - this.#options.now(), () => this.remove(message.topic));
  }

  #forget(entry: Entry): void {
    entry.expiry?.cancel();
    this.#bytes -= entry.message.size;
  }
}
