/** Registers a service of this package: a handler for every method, each typed by the messages of its method. */

import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import type { ApiCall, ApiService, Awaitable } from "@gmqtt/broker";

/** The fields of a message, all optional, before it is made. */
export type Init<D extends DescMessage> = Extract<MessageInitShape<D>, { readonly $typeName?: never }>;

/** The handlers of a service. */
export type Handlers<M extends GenServiceMethods> = {
  readonly [K in keyof M]: M[K]["methodKind"] extends "server_streaming"
    ? (request: MessageShape<M[K]["input"]>, call: ApiCall) => AsyncIterable<MessageInitShape<M[K]["output"]>>
    : (request: MessageShape<M[K]["input"]>, call: ApiCall) => Awaitable<MessageInitShape<M[K]["output"]>>;
};

/** The service in the form in which plugins register theirs. */
export function protobufService<M extends GenServiceMethods>(
  definition: GenService<M>,
  handlers: Handlers<M>,
): ApiService {
  return {
    name: definition.typeName,
    kind: "protobuf",
    definition,
    handlers: handlers as unknown as ApiService["handlers"],
  };
}
