/** Memory for packets of middling size. Node's own pool ends at 4 KiB, and beyond it every allocation goes to the system. */
import { Buffer } from "./buffer.ts";

/** Packets up to this share memory with others: bytes. */
const LONGEST_SHARED = 16 * 1024;
const SLAB_SIZE = 256 * 1024;

let slab = Buffer.alloc(0);
let used = 0;

/** Uninitialised memory for a packet. Keeping one keeps at most 256 KiB that others were in. */
export function takeMemory(length: number): Buffer {
  if (length < Buffer.poolSize >>> 1 || length > LONGEST_SHARED) return Buffer.allocUnsafe(length);
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    used = 0;
  }
  const start = used;
  used += length;
  return slab.subarray(start, used);
}
