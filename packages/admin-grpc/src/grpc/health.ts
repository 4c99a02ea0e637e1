/** The standard health service (grpc.health.v1), which anybody may ask: what load balancers and orchestrators look at. */

import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { handleServerStreamingCall, handleUnaryCall, Server, ServiceDefinition } from "@grpc/grpc-js";
import type { ApiRegistry } from "../api/registry.ts";
import { ApiError, StatusCode } from "../api/status.ts";
import {
  Health,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
} from "../gen/grpc/health/v1/health_pb.ts";
import { statusOf } from "./service.ts";

/** What health is judged by. */
export interface HealthOptions {
  readonly registry: ApiRegistry;
  readonly isReady: () => boolean;
  readonly signal: AbortSignal;
}

/** How often a watched state is looked at; milliseconds. */
const WATCH_INTERVAL = 1000;

/** Adds the service. "" stands for the broker; a service is as healthy as the broker, one that is not here is unknown. */
export function addHealth(server: Server, options: HealthOptions): void {
  const check: handleUnaryCall<HealthCheckRequest, Message> = (call, respond) => {
    const { service } = call.request;
    const status = statusOfService(options, service);
    if (status === HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN) {
      respond(statusOf(new ApiError(StatusCode.NOT_FOUND, `no service ${service}`)));
    } else respond(null, create(HealthCheckResponseSchema, { status }));
  };
  const list: handleUnaryCall<Message, Message> = (_call, respond) => {
    const names = ["", ...options.registry.services.map(({ typeName }) => typeName)];
    const statuses = Object.fromEntries(
      names.map((name) => [name, create(HealthCheckResponseSchema, { status: statusOfService(options, name) })]),
    );
    respond(null, create(HealthListResponseSchema, { statuses }));
  };
  const watch: handleServerStreamingCall<HealthCheckRequest, Message> = (call) => {
    let last: HealthCheckResponse_ServingStatus | undefined;
    const look = (): void => {
      const status = statusOfService(options, call.request.service);
      if (status !== last) call.write(create(HealthCheckResponseSchema, { status }));
      last = status;
    };
    look();
    const timer = setInterval(look, WATCH_INTERVAL);
    const stop = (): void => {
      clearInterval(timer);
      call.end();
    };
    call.on("cancelled", stop);
    options.signal.addEventListener("abort", stop, { once: true });
  };
  server.addService(definition(), { check, list, watch });
}

function statusOfService({ isReady, registry }: HealthOptions, name: string): HealthCheckResponse_ServingStatus {
  if (name !== "" && !registry.services.some(({ typeName }) => typeName === name)) {
    return HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN;
  }
  return isReady() ? HealthCheckResponse_ServingStatus.SERVING : HealthCheckResponse_ServingStatus.NOT_SERVING;
}

function definition(): ServiceDefinition {
  return Object.fromEntries(
    Health.methods.map((method) => [
      method.localName,
      {
        path: `/${Health.typeName}/${method.name}`,
        requestStream: false,
        responseStream: method.methodKind === "server_streaming",
        requestSerialize: (message: Message) => Buffer.from(toBinary(method.input, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
        responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
      },
    ]),
  );
}
