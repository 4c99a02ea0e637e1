/** The first bytes of every payload: who published it in this run, as which message, and when. */

/** Length of a stamp in bytes; the smallest payload. */
export const STAMP_LENGTH = 16;

/** Sets the run's number in a payload that begins at `at`. */
export function writeRun(bytes: Uint8Array, at: number, run: number): void {
  writeUint32(bytes, at, run);
}

/** Sets what differs from message to message. `time`: microseconds, modulo 2^32. */
export function writeStamp(bytes: Uint8Array, at: number, publisher: number, sequence: number, time: number): void {
  writeUint32(bytes, at + 4, publisher);
  writeUint32(bytes, at + 8, sequence);
  writeUint32(bytes, at + 12, time);
}

export function readRun(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at);
}

export function readPublisher(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 4);
}

export function readSequence(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 8);
}

export function readTime(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + 12);
}

/** Microseconds since the process began, modulo 2^32: about 71 minutes. */
export function now(): number {
  return (performance.now() * 1000) >>> 0;
}

/** Microseconds from one time to a later one. */
export function elapsed(from: number, to: number): number {
  return (to - from) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
