/**
 * Writes of plain sockets, handed straight to what Node's sockets write to themselves. The stream in between makes a
 * request, an entry in its queue and a tick of each write, which pays where the kernel is behind. It hardly ever is: the
 * kernel takes most writes whole, at once, and then none of that was needed.
 */

import { Socket } from "node:net";
import { getSystemErrorName } from "node:util";

/** Told when the kernel has taken what it had not taken at once. */
export interface WriteTarget {
  taken(): void;
}

/** Node's request of a write. It is used only for what the kernel did not take. */
interface WriteRequest {
  /** Negative while Node has not used it. */
  getAsyncId(): number;
  oncomplete?: typeof onComplete;
  socket?: Socket;
  target?: WriteTarget;
  /** Keeps the memory alive. */
  segments?: readonly Uint8Array[];
}

interface SocketHandle {
  readonly writeQueueSize: number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest, segments: readonly Uint8Array[], allBuffers: true): number;
}

type WritingSocket = Socket & { readonly _handle?: SocketHandle | null };

/** The class of requests can't be had but from one that a socket made itself. null: it is not as this file expects it. */
let Request: (new () => WriteRequest) | null | undefined;
/** Good for any number of writes, up to the one that needs it. To use one twice that Node holds ends the process. */
let spare: WriteRequest | undefined;

/** A socket whose handle is as this file expects it; with another, in a Node that has changed it, streams do the writing. */
export function isDirect(stream: unknown): stream is Socket {
  if (!(stream instanceof Socket) || stream.constructor !== Socket) return false;
  const handle = (stream as WritingSocket)._handle;
  return typeof handle?.writeBuffer === "function" && typeof handle.writev === "function" && "writeQueueSize" in handle;
}

/**
 * Writes one or more segments to a socket of which `isDirect` says yes and whose stream has nothing to write. Answers how
 * many bytes the kernel has not taken: if any, the segments must be kept until `target` is told. -1: nothing was written,
 * it is for the stream to do.
 */
export function writeDirectly(socket: Socket, segments: readonly Uint8Array[], target: WriteTarget): number {
  const handle = (socket as WritingSocket)._handle;
  if (handle === null || handle === undefined || Request === null) return -1;
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
  request.socket = socket;
  request.target = target;
  request.segments = [...segments]; // the array is the caller's
  return left;
}

function onComplete(this: WriteRequest, status: number): void {
  const { socket, target } = this as Required<WriteRequest>;
  if (status === 0) target.taken();
  else if (!socket.destroyed) {
    const code = getSystemErrorName(status);
    socket.destroy(Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" }));
  }
}

/** Looks over the shoulder of the stream, which does the first write. */
function learnRequest(handle: SocketHandle): void {
  const { writeBuffer } = handle;
  handle.writeBuffer = (made, bytes) => {
    handle.writeBuffer = writeBuffer;
    Request = typeof made.getAsyncId === "function" ? (made.constructor as new () => WriteRequest) : null;
    return writeBuffer.call(handle, made, bytes);
  };
}
