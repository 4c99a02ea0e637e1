/**
 * The frames of the message that was framed last. A message is sent to all who are there in one go, and to those who
 * come later one by one: it need not keep its frames, and in a queue it would keep them even from beyond. Whoever has
 * waited long lies in V8's old generation, and what hangs on it there lives until the next full collection.
 */

import type { Message } from "./message.ts";
import type { Frame } from "./message-frame.ts";

/** No larger message is pinned until the next one comes; to frame it again costs nothing beside sending it. */
const LARGEST_REMEMBERED = 16 * 1024;

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
  if (frame.length > LARGEST_REMEMBERED) return frame;
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
