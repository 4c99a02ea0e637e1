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
  /** Bytes that were read so far, counted round and round in 32 bits. Kept by {@link readInto}. */
  bytesRead: number;
  /** Copies the beginning of `chunk[0, end)`, if it knows where to; answers how many bytes it took. */
  fill(chunk: Buffer, end: number): number;
  /** The bytes `chunk[start, end)` are the target's own. */
  received(chunk: Buffer, start: number, end: number): void;
  /** The peer has sent his last byte. The stream itself has not been told: see {@link endReading}. */
  finished(): void;
  /** Others have had their turn: reads on, unless the socket is paused or gone. */
  readOn(): void;
}

const targetOf = Symbol("read target");

/** What Node's sockets read with. It calls `onread` with itself as `this`. */
interface ReadHandle {
  reading: boolean;
  readonly bytesRead: number;
  onread: OnRead;
  useUserBuffer(buffer: Buffer): void;
  readStop(): number;
  [targetOf]: ReadTarget;
}

type OnRead = (this: ReadHandle, buffer: unknown) => unknown;

type ReadingSocket = Socket & {
  _handle?: Partial<ReadHandle> | null;
  [targetOf]?: ReadTarget;
  [field: symbol]: unknown;
};

/**
 * The field that `net.connect` sets for its option `onread`: with it `pause` and `resume` stop and start reading. There is no
 * such option for accepted sockets, so it is looked up by name; without it, in a Node that has it no more, sockets read as
 * they always did.
 */
let bufferField: symbol | null | undefined;

/** What Node does with a read: the end, and errors, are still for it. */
let nodesOnRead: OnRead | undefined;

/** Whose reads fill all of the place, and how many have. */
let filling: ReadTarget | null = null;
let fullReads = 0;

/** Has a socket that nobody has read from hand its reads to `target`. False: it can't; listen to its `data`. */
export function readInto(socket: Socket, target: ReadTarget): boolean {
  const reading = socket as ReadingSocket;
  const handle = reading._handle;
  if (bufferField === undefined) bufferField = findBufferField(reading);
  if (bufferField === null || socket.constructor !== Socket || !isReadHandle(handle)) return false;
  // Something came while an `onAccept` was waited for: it lies in the stream, and the stream hands it over in order.
  if (socket.readableLength > 0) return false;
  nodesOnRead ??= handle.onread;
  if (handle.onread !== nodesOnRead) return false; // somebody else has been at it
  handle.useUserBuffer(landing);
  reading[bufferField] = landing;
  // At the end Node pushes it and then asks the stream for more: for thousands that hang up at once each of the two counts.
  reading.read = nothingToRead;
  reading.push = onPush;
  reading[targetOf] = target;
  target.bytesRead = handle.bytesRead | 0;
  handle[targetOf] = target;
  handle.onread = onRead;
  return true;
}

/**
 * Takes the place of Node's function, which asks five objects of the socket whether it may go on
 * (docs/performance.md, "Each object is waited for"). What the socket misses is that its own `setTimeout`, which nobody sets
 * here, hears of reads.
 */
function onRead(this: ReadHandle, buffer: unknown): unknown {
  const target = this[targetOf];
  const bytesRead = this.bytesRead | 0;
  const length = (bytesRead - target.bytesRead) | 0;
  if (length === 0) return (nodesOnRead as OnRead).call(this, buffer);
  target.bytesRead = bytesRead;
  hand(length, target);
  if (length < LARGEST_READ) {
    filling = null;
    return;
  }
  fullReads = target === filling ? fullReads + 1 : 1;
  filling = target;
  if (fullReads < FULL_READS) return;
  filling = null;
  this.reading = false;
  this.readStop();
  setImmediate(readOn, target);
}

/** Tells a stream of {@link readInto} what it has not been told: that it has been read to its end. */
export function endReading(socket: Duplex): void {
  Duplex.prototype.push.call(socket, null);
  Duplex.prototype.read.call(socket, 0);
}

function nothingToRead(): null {
  return null;
}

function onPush(this: ReadingSocket, chunk: unknown): boolean {
  if (chunk === null) (this[targetOf] as ReadTarget).finished();
  return false;
}

function readOn(target: ReadTarget): void {
  target.readOn();
}

function findBufferField(socket: ReadingSocket): symbol | null {
  return Object.getOwnPropertySymbols(socket).find(({ description }) => description === "kBuffer") ?? null;
}

function isReadHandle(handle: Partial<ReadHandle> | null | undefined): handle is ReadHandle {
  return (
    typeof handle?.onread === "function" &&
    typeof handle.useUserBuffer === "function" &&
    typeof handle.readStop === "function" &&
    typeof handle.bytesRead === "number"
  );
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
