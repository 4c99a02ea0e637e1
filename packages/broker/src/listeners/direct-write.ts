/**
 * Writes of plain sockets, handed straight to what Node's sockets write to themselves. The stream in between makes a
 * request, an entry in its queue and a tick of each write, which pays where the kernel is behind. It hardly ever is: the
 * kernel takes most writes whole, at once, and then none of that was needed.
 */

import { Socket } from "node:net";
import { getSystemErrorName } from "node:util";

/** Told what became of bytes that the kernel had not taken at once. */
export interface WriteTarget {
  taken(): void;
  /** They are lost, and so is the connection. */
  lost(error: Error): void;
}

/** Node's request of a write. It is used only for what the kernel did not take. */
interface WriteRequest {
  /** Negative while Node has not used it. */
  getAsyncId(): number;
  oncomplete?: typeof onComplete;
  target?: WriteTarget;
  /** Keeps the memory alive. */
  segments?: readonly Uint8Array[];
}

/** What Node's sockets write to. */
export interface DirectHandle {
  readonly writeQueueSize: number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest, segments: readonly Uint8Array[], allBuffers: true): number;
}

type WritingSocket = Socket & { readonly _handle?: Partial<DirectHandle> | null };

/** The class of requests can't be had but from one that a socket made itself. null: it is not as this file expects it. */
let Request: (new () => WriteRequest) | null | undefined;
/** Good for any number of writes, up to the one that needs it. To use one twice that Node holds ends the process. */
let spare: WriteRequest | undefined;

/** The handle of a plain socket; null where it is not as this file expects it, as in a Node that has changed it, or is gone. */
export function directHandle(stream: unknown): DirectHandle | null {
  if (!(stream instanceof Socket) || stream.constructor !== Socket) return null;
  const handle = (stream as WritingSocket)._handle;
  if (typeof handle?.writeBuffer !== "function" || typeof handle.writev !== "function") return null;
  return "writeQueueSize" in handle ? (handle as DirectHandle) : null;
}

/**
 * Writes one or more segments to a socket whose stream has nothing to write. Answers how many bytes the kernel has not
 * taken: if any, the segments must be kept until `target` is told. -1: nothing was written, it is for the stream to do; so
 * it is with a handle that has been closed meanwhile.
 */
export function writeDirectly(handle: DirectHandle, segments: readonly Uint8Array[], target: WriteTarget): number {
  if (Request === null) return -1;
  if (Request === undefined) {
    learnRequest(handle);
    return -1;
  }
  const request = spare ?? new Request();
  spare = undefined;
  const error =
    segments.length === 1
      ? handle.writeBuffer(request, segments[0] as Uint8Array)
      : handle.writev(request, segments, true);
  // The stream meets the same error, and knows what follows from it.
  if (error !== 0) return -1;
  const left = handle.writeQueueSize;
  if (left === 0) {
    // Where a second attempt of libuv has taken the rest, the bytes are gone but the request is held until the next turn.
    if (request.getAsyncId() < 0) spare = request;
    return 0;
  }
  request.oncomplete = onComplete;
  request.target = target;
  request.segments = [...segments]; // the array is the caller's
  return left;
}

function onComplete(this: WriteRequest, status: number): void {
  const { target } = this as Required<WriteRequest>;
  if (status === 0) target.taken();
  else {
    const code = getSystemErrorName(status);
    target.lost(Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" }));
  }
}

/** Looks over the shoulder of the stream, which does the first write. */
function learnRequest(handle: DirectHandle): void {
  const { writeBuffer } = handle;
  handle.writeBuffer = (made, bytes) => {
    handle.writeBuffer = writeBuffer;
    Request = typeof made.getAsyncId === "function" ? (made.constructor as new () => WriteRequest) : null;
    return writeBuffer.call(handle, made, bytes);
  };
}
