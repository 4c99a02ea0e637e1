/** Bytes that wait for the end of the turn. The buffer is used again when the socket took everything at once. */

import type { Wire } from "./wire.ts";

export class Outbox {
  bytes: Buffer = Buffer.allocUnsafeSlow(256);
  length = 0;

  /** Makes room for `count` bytes and answers where they go; they count as appended. */
  append(count: number): number {
    const at = this.length;
    const end = at + count;
    if (end > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, at);
      this.bytes = larger;
    }
    this.length = end;
    return at;
  }

  /** Writes all that was appended. */
  flush(wire: Wire): void {
    if (this.length === 0) return;
    wire.write(this.bytes.subarray(0, this.length));
    if (wire.backlog > 0) this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.length = 0;
  }
}
