/** A gRPC client that knows nothing but the address: it asks reflection what there is, as grpcurl does. */

import {
  create,
  createFileRegistry,
  type DescMethod,
  type FileRegistry,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { jsonOf } from "../rest/json.ts";

/** What a call came to. */
export interface GrpcAnswer {
  /** 0: succeeded. */
  readonly code: number;
  readonly details: string;
  /** The response in the JSON of REST; undefined after an error. */
  readonly json: unknown;
}

/** A client that found its methods by reflection. */
export class ReflectingClient {
  readonly #client: Client;
  readonly #metadata: Metadata = new Metadata();
  #registry: FileRegistry | undefined;

  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure(), token?: string) {
    this.#client = new Client(address, channel);
    if (token !== undefined) this.#metadata.set("authorization", `Bearer ${token}`);
  }

  /** Calls a method such as `gmqtt.admin.api.ClientService/List`. */
  async call(name: string, request: Record<string, unknown> = {}): Promise<GrpcAnswer> {
    const method = await this.#method(name);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/${name}`,
        (message: Message) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request as never),
        this.#metadata,
        (error: ServiceError | null, response?: Message) => {
          if (error !== null) resolve({ code: error.code, details: error.details, json: undefined });
          else resolve({ code: 0, details: "", json: jsonOf(method.output, response as Message) });
        },
      );
    });
  }

  /** Opens a stream; resolves once the server has taken it. `next` resolves to undefined at the end. */
  async stream(name: string, request: Record<string, unknown> = {}): Promise<GrpcStream> {
    const method = await this.#method(name);
    const call = this.#client.makeServerStreamRequest(
      `/${name}`,
      (message: Message) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => jsonOf(method.output, fromBinary(method.output, bytes)),
      create(method.input, request as never),
      this.#metadata,
    );
    const iterator = call[Symbol.asyncIterator]() as AsyncIterator<Record<string, unknown>>;
    const opened = new Promise<void>((resolve, reject) => {
      call.once("metadata", () => resolve());
      call.once("error", reject);
    });
    await opened;
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        return done === true ? undefined : value;
      },
      cancel: () => call.cancel(),
    };
  }

  /** Asks reflection. */
  async reflect(
    messageRequest: ServerReflectionRequest["messageRequest"],
    version: string = "v1",
  ): Promise<ServerReflectionResponse["messageResponse"]> {
    const call = this.#client.makeBidiStreamRequest(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      (message: ServerReflectionRequest) => Buffer.from(toBinary(ServerReflectionRequestSchema, message)),
      (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
      this.#metadata,
    );
    call.write(create(ServerReflectionRequestSchema, { messageRequest: messageRequest as never }));
    call.end();
    for await (const { messageResponse } of call as AsyncIterable<ServerReflectionResponse>) return messageResponse;
    throw new Error("reflection did not answer");
  }

  close(): void {
    this.#client.close();
  }

  async #method(name: string): Promise<DescMethod> {
    const [typeName = "", method] = name.split("/");
    this.#registry ??= await this.#readEverything();
    const found = this.#registry.getService(typeName)?.methods.find((candidate) => candidate.name === method);
    if (found === undefined) throw new Error(`reflection knows no ${name}`);
    return found;
  }

  async #readEverything(): Promise<FileRegistry> {
    const list = await this.reflect({ case: "listServices", value: "*" });
    if (list.case !== "listServicesResponse") throw new Error(`reflection answered ${list.case}`);
    const files = new Map<string, FileDescriptorProto>();
    for (const { name } of list.value.service) {
      const answer = await this.reflect({ case: "fileContainingSymbol", value: name });
      if (answer.case !== "fileDescriptorResponse") continue;
      for (const bytes of answer.value.fileDescriptorProto) {
        const file = fromBinary(FileDescriptorProtoSchema, bytes);
        files.set(file.name, file);
      }
    }
    return createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(files) }));
  }
}

/** A stream that is read message by message. */
export interface GrpcStream {
  next(): Promise<Record<string, unknown> | undefined>;
  cancel(): void;
}

/** Imported files come before those that import them. */
function inOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const ordered = new Set<FileDescriptorProto>();
  const visit = (name: string): void => {
    const file = files.get(name);
    if (file === undefined || ordered.has(file)) return;
    file.dependency.forEach(visit);
    ordered.add(file);
  };
  for (const name of files.keys()) visit(name);
  return [...ordered];
}
