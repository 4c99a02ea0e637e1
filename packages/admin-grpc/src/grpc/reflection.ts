/** Server reflection (grpc.reflection.v1 and v1alpha, which differ in name alone): tells clients such as grpcurl what there is. */

import { create, type DescFile, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { handleBidiStreamingCall, Server } from "@grpc/grpc-js";
import type { ApiRegistry } from "../api/registry.ts";
import { StatusCode } from "../api/status.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { DescriptorIndex } from "./descriptor-index.ts";
import { type GrpcContext, statusOf } from "./service.ts";

const PACKAGES = ["grpc.reflection.v1", "grpc.reflection.v1alpha"] as const;

/** Adds reflection over whatever is registered, now and later; callers need role read. */
export function addReflection(server: Server, registry: ApiRegistry, context: GrpcContext): void {
  const index = new DescriptorIndex();
  index.add(Health.file);
  index.add(ServerReflection.file);
  registry.watch((service) => index.add(service.file));
  const reflect: handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse> = (call) => {
    try {
      context.calls.identify(context.caller(call));
    } catch (error) {
      call.emit("error", statusOf(error));
      return;
    }
    call.on("data", (request: ServerReflectionRequest) => {
      const messageResponse = answer(request, registry, index);
      const { host } = request;
      call.write(
        create(ServerReflectionResponseSchema, { validHost: host, originalRequest: request, messageResponse }),
      );
    });
    call.on("end", () => call.end());
  };
  for (const name of PACKAGES) {
    const method = {
      path: `/${name}.ServerReflection/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (message: ServerReflectionRequest) =>
        Buffer.from(toBinary(ServerReflectionRequestSchema, message)),
      requestDeserialize: (bytes: Buffer) => fromBinary(ServerReflectionRequestSchema, bytes),
      responseSerialize: (message: ServerReflectionResponse) =>
        Buffer.from(toBinary(ServerReflectionResponseSchema, message)),
      responseDeserialize: (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
    };
    server.addService({ serverReflectionInfo: method }, { serverReflectionInfo: reflect });
  }
}

type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"]>;

function answer({ messageRequest }: ServerReflectionRequest, registry: ApiRegistry, index: DescriptorIndex): Answer {
  switch (messageRequest.case) {
    case "fileByFilename":
      return files(index.byName(messageRequest.value), index, messageRequest.value);
    case "fileContainingSymbol":
      return files(index.bySymbol(messageRequest.value), index, messageRequest.value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      const what = `extension ${extensionNumber} of ${containingType}`;
      return files(index.byExtension(containingType, extensionNumber), index, what);
    }
    case "allExtensionNumbersOfType": {
      const extensionNumber = index.extensionNumbers(messageRequest.value);
      if (extensionNumber === undefined) return unknown(`message ${messageRequest.value}`);
      const value = { baseTypeName: messageRequest.value, extensionNumber: [...extensionNumber] };
      return { case: "allExtensionNumbersResponse", value };
    }
    case "listServices": {
      const service = [...registry.services, Health, ServerReflection].map(({ typeName }) => ({ name: typeName }));
      return { case: "listServicesResponse", value: { service } };
    }
    default:
      return {
        case: "errorResponse",
        value: { errorCode: StatusCode.UNIMPLEMENTED, errorMessage: "unknown kind of request" },
      };
  }
}

/** The file and all that it imports, so that one question is enough. */
function files(file: DescFile | undefined, index: DescriptorIndex, what: string): Answer {
  if (file === undefined) return unknown(what);
  const fileDescriptorProto = index.withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function unknown(what: string): Answer {
  return { case: "errorResponse", value: { errorCode: StatusCode.NOT_FOUND, errorMessage: `no ${what}` } };
}
