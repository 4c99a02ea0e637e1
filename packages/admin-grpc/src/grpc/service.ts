/** A registered service in the terms of grpc-js: how its messages are read and written, and what answers a call. */

import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Caller, Calls } from "../api/calls.ts";
import type { ApiMethod } from "../api/method.ts";
import { ApiError, publicError, StatusCode } from "../api/status.ts";

/** What a handler of grpc-js needs of the server it is in. */
export interface GrpcContext {
  readonly calls: Calls;
  /** Who is at the other end of a call. */
  caller(call: AnyCall): Caller;
}

/** A call, whatever its kind. */
export type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, "metadata" | "getPeer" | "getAuthContext"> & {
  on(event: "cancelled", listener: () => void): unknown;
};

/** What grpc-js is told of a service. */
export function definitionOf(methods: readonly ApiMethod[]): ServiceDefinition {
  return Object.fromEntries(
    methods.map((method) => [
      method.desc.name,
      {
        path: `/${method.name}`,
        requestStream: false,
        responseStream: method.streaming,
        requestSerialize: (message: Message) => Buffer.from(toBinary(method.input, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
        responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
      },
    ]),
  );
}

/** What answers the calls of a service. */
export function implementationOf(methods: readonly ApiMethod[], context: GrpcContext): UntypedServiceImplementation {
  return Object.fromEntries(
    methods.map((method) => [method.desc.name, method.streaming ? stream(method, context) : unary(method, context)]),
  );
}

function unary(method: ApiMethod, context: GrpcContext): handleUnaryCall<Message, Message> {
  return (call, respond) => {
    context.calls
      .unary(method, context.caller(call), () => call.request)
      .then(
        (message) => respond(null, message),
        (error: unknown) => respond(statusOf(error)),
      );
  };
}

function stream(method: ApiMethod, context: GrpcContext): handleServerStreamingCall<Message, Message> {
  return (call) => {
    const messages = context.calls.stream(method, context.caller(call), () => call.request);
    // The head goes out as soon as the stream is open: until something happens, it is all that tells the caller so.
    const opened = setImmediate(() => call.sendMetadata(new Metadata()));
    pump(call, messages).then(
      () => call.end(),
      (error: unknown) => {
        clearImmediate(opened);
        call.emit("error", statusOf(error)); // grpc-js makes the status of it
      },
    );
  };
}

/** Waits for the reader, so that what it does not read waits in the handler, where there is a bound. */
async function pump(call: ServerWritableStream<Message, Message>, messages: AsyncGenerator<Message>): Promise<void> {
  for await (const message of messages) {
    if (call.cancelled) return;
    if (!call.write(message)) await drained(call);
  }
}

function drained(call: ServerWritableStream<Message, Message>): Promise<void> {
  return new Promise((resolve) => {
    call.once("drain", resolve);
    call.once("cancelled", () => resolve());
    call.once("close", resolve);
  });
}

/** An error in the form that grpc-js sends. */
export function statusOf(
  error: unknown,
): Pick<StatusObject, "code" | "details" | "metadata"> & { name: string; message: string } {
  const { code, message } = publicError(error) ?? new ApiError(StatusCode.INTERNAL, "internal error");
  return { name: "ApiError", message, code, details: message, metadata: new Metadata() };
}
