/** The last retained message of each topic (MQTT 5.0 section 3.3.1.3). */

import { hasWildcard } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";
import { TopicTree } from "./topic-tree.ts";

/** The place of one topic's retained message. */
export class RetainedSlot {
  readonly topic: string;
  /** The last one, also when it has been removed. */
  message: Message;
  expiry: WheelTimer | null = null;
  removed = false;

  constructor(message: Message) {
    this.topic = message.topic;
    this.message = message;
  }
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
  readonly #slots: Map<string, RetainedSlot> = new Map();
  readonly #topics: TopicTree<RetainedSlot> = new TopicTree();
  #bytes = 0;

  constructor(options: RetainedOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#slots.size;
  }

  /** Topics and payloads. */
  get bytes(): number {
    return this.#bytes;
  }

  get(topic: string): Message | undefined {
    return this.#slots.get(topic)?.message;
  }

  /** The limit that storing this message would break; undefined when it may be stored. */
  limitFor(message: Message): RetainedLimit | undefined {
    const present = this.#slots.get(message.topic);
    const { maxMessages, maxBytes } = this.#options;
    if (present === undefined && this.#slots.size >= maxMessages()) return "limits.max_retained_messages";
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
    let slot = this.#slots.get(message.topic);
    if (slot === undefined) {
      slot = new RetainedSlot(message);
      this.#slots.set(slot.topic, slot);
      this.#topics.set(slot.topic, slot);
    } else {
      this.#forget(slot);
      slot.message = message;
    }
    slot.expiry = this.#expiry(message);
    this.#bytes += message.size;
  }

  remove(topic: string): boolean {
    const present = this.#slots.get(topic);
    if (present === undefined) return false;
    this.#forget(present);
    present.removed = true;
    this.#slots.delete(topic);
    this.#topics.delete(topic);
    this.#options.onChange(topic, undefined);
    return true;
  }

  /** Removes all; answers how many there were. */
  clear(): number {
    const topics = [...this.#slots.keys()];
    for (const topic of topics) this.remove(topic);
    return topics.length;
  }

  /** The message of a topic, unless it has expired. */
  current(topic: string): Message | undefined {
    const slot = this.#slots.get(topic);
    return slot === undefined ? undefined : this.currentIn(slot);
  }

  /** The same for a slot that was found before: looking up many topics would take longer than sending their messages. */
  currentIn(slot: RetainedSlot): Message | undefined {
    if (slot.removed) return this.current(slot.topic); // another slot may have taken its place
    const { message } = slot;
    const { expiresAt } = message;
    return expiresAt === Number.POSITIVE_INFINITY || expiresAt > this.#options.now() ? message : undefined;
  }

  /** The slots of topics that a filter matches. */
  matching(filter: string): RetainedSlot[] {
    if (!hasWildcard(filter)) {
      const slot = this.#slots.get(filter);
      return slot === undefined ? [] : [slot];
    }
    const slots: RetainedSlot[] = [];
    this.#topics.match(filter, (slot) => slots.push(slot));
    return slots;
  }

  *values(): IterableIterator<Message> {
    for (const { message } of this.#slots.values()) yield message;
  }

  #expiry(message: Message): WheelTimer | null {
    const { expiresAt } = message;
    if (expiresAt === Number.POSITIVE_INFINITY) return null;
    return this.#options.wheel.after(expiresAt - this.#options.now(), () => this.remove(message.topic));
  }

  #forget(slot: RetainedSlot): void {
    slot.expiry?.cancel();
    this.#bytes -= slot.message.size;
  }
}
