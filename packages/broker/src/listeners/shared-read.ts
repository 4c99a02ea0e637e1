/**
 * Where plain sockets read into: one place for all of them, from which what came is copied into memory of its own size.
 * Node would take 64 KiB from the system for every read, hand most of it back, and have the collector go through the
 * whole heap for every few hundred reads of large messages. And since this place costs nothing per connection it can be
 * larger: fewer reads, fewer packets that lie across two of them.
 */

import { Buffer } from "node:buffer";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { Copier } from "../byte-slab.ts";
import { LOAN_SIZE, lend, TOO_SHORT_TO_LEND } from "../read-loans.ts";

/** More would have left the processor's cache by the time it is written: with 256 KiB messages of 16 KiB cost half as much again. */
const LARGEST_READ = LOAN_SIZE;
/** So many full reads are a socket's turn; libuv would go on up to 32 times before it looks at the next. */
const FULL_READS = 4;
const SLAB_SIZE = 64 * 1024;
/** What is longer gets memory of its own. */
const LONGEST_SHARED = 16 * 1024;

const landing = Buffer.allocUnsafeSlow(LARGEST_READ);
let slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
let used = 0;
const copier = new Copier();

/** Told of each read. */
export interface ReadTarget {
  /** Copies the beginning of `chunk[0, end)`, if it knows where to; answers how many bytes it took. */
  fill(chunk: Buffer, end: number): number;
  /** The bytes `chunk[start, end)` are the target's own. */
  received(chunk: Buffer, start: number, end: number): void;
  /** The peer has sent his last byte. The stream itself has not been told: see {@link endReading}. */
  finished(): void;
}

/**
 * The fields that `net.connect` sets for its option `onread`. There is no such option for accepted sockets, so they are
 * looked up by name; without them, in a Node that has them no more, sockets read as they always did.
 */
interface ReadFields {
  readonly buffer: symbol;
  readonly callback: symbol;
}

type ReadingSocket = Socket & {
  _handle?: { useUserBuffer?: (buffer: Buffer) => void } | null;
  [field: symbol]: unknown;
};

let fields: ReadFields | null | undefined;

/** Has a socket that nobody has read from hand its reads to `target`. False: it can't; listen to its `data`. */
export function readInto(socket: Socket, target: ReadTarget): boolean {
  const reading = socket as ReadingSocket;
  fields ??= findFields(reading);
  const handle = reading._handle;
  if (fields === null || socket.constructor !== Socket || typeof handle?.useUserBuffer !== "function") return false;
  // Something came while an `onAccept` was waited for: it lies in the stream, and the stream hands it over in order.
  if (socket.readableLength > 0) return false;
  handle.useUserBuffer(landing);
  reading[fields.buffer] = landing;
  // At the end Node pushes it and then asks the stream for more: for thousands that hang up at once each of the two counts.
  reading.read = nothingToRead;
  reading.push = (chunk: Buffer | null) => {
    if (chunk === null) target.finished();
    return false;
  };
  let full = 0;
  reading[fields.callback] = (length: number) => {
    hand(length, target);
    full = length < LARGEST_READ ? 0 : full + 1;
    if (full < FULL_READS) return true;
    full = 0;
    setImmediate(readOn, socket);
    return false;
  };
  return true;
}

/** Tells a stream of {@link readInto} what it has not been told: that it has been read to its end. */
export function endReading(socket: Duplex): void {
  Duplex.prototype.push.call(socket, null);
  Duplex.prototype.read.call(socket, 0);
}

function nothingToRead(): null {
  return null;
}

function readOn(socket: Socket): void {
  if (!socket.destroyed && !socket.isPaused()) socket.resume();
}

function findFields(socket: ReadingSocket): ReadFields | null {
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, callback] = [named("kBuffer"), named("kBufferCb")];
  return buffer === undefined || callback === undefined ? null : { buffer, callback };
}

/** Hands over what was read, moved to where nobody writes again. Little is not worth the question where it is wanted. */
function hand(length: number, target: ReadTarget): void {
  const from = length > LONGEST_SHARED ? target.fill(landing, length) : 0;
  const rest = length - from;
  if (rest > LONGEST_SHARED) {
    const own = rest > TOO_SHORT_TO_LEND ? lend(rest) : Buffer.allocUnsafeSlow(rest);
    own.set(rest === LARGEST_READ ? landing : landing.subarray(from, length));
    target.received(own, 0, rest);
    return;
  }
  if (used + rest > SLAB_SIZE) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    used = 0;
  }
  const start = used;
  used += rest;
  copier.copy(landing, from, length, slab, start);
  target.received(slab, start, used);
}
