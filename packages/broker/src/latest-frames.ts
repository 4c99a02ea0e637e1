/**
 * The frames of the message that was framed last, until the turn's output is written. A message is sent to all who are
 * there in one go, and to those who come later one by one: it need not keep its frames, and in a queue it would keep them
 * even from beyond. Whoever has waited long lies in V8's old generation, and what hangs on it there lives until the next
 * full collection.
 */

import type { Message } from "./message.ts";
import type { Frame } from "./message-frame.ts";

/** The first of them; they are linked. */
let latest: Frame | null = null;

export function findFrame(message: Message, variant: number): Frame | undefined {
  if (latest === null || latest.message !== message) return undefined;
  for (let frame: Frame | null = latest; frame !== null; frame = frame.next) {
    if (frame.variant === variant) return frame;
  }
  return undefined;
}

export function rememberFrame(message: Message, variant: number, frame: Frame): Frame {
  frame.message = message;
  frame.variant = variant;
  frame.next = latest !== null && latest.message === message ? latest : null;
  latest = frame;
  return frame;
}

/** Its frames no longer say what it says, or lie where it does not. */
export function forgetFrames(message: Message): void {
  if (latest !== null && latest.message === message) latest = null;
}

/** All who were there have been sent the message: nothing pins it here until the next comes. */
export function forgetLatestFrames(): void {
  latest = null;
}
