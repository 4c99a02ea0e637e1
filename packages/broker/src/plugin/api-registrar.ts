/** Where plugins leave the services that they want served, without knowing who serves them. */

import type { Awaitable } from "../awaitable.ts";

/** Who calls a handler; what hosts give as its second argument. */
export interface ApiCall {
  /** For logs and records, for example `token:ops`, `certificate:alice`, `anonymous`. */
  readonly who: string;
  /** What the caller may do; a handler is not called by somebody whose role does not suffice for its method. */
  readonly role: "read" | "write";
  /** Address of the caller; "" for Unix sockets. */
  readonly from: string;
  readonly via: "grpc" | "rest";
  /** Aborts when the caller is gone or the host stops. */
  readonly signal: AbortSignal;
}

/** A service to be served by whoever hosts an API: definition and handlers in the host's own terms. */
export interface ApiService {
  /** Full name, for example `gmqtt.auth.api.AccountService`. */
  readonly name: string;
  /** How it is described: "protobuf" for a service descriptor that serves gRPC and REST, others as hosts know them. */
  readonly kind: string;
  /** The description, for example a service descriptor of @bufbuild/protobuf. */
  readonly definition: unknown;
  /**
   * By method name; called with the request and an {@link ApiCall}. Throwing an error with a gRPC `code` decides the
   * status. A handler of a stream answers an AsyncIterable.
   */
  readonly handlers: Readonly<Record<string, (request: never, context: never) => unknown>>;
  /**
   * What the service, its methods, messages and fields are for, by full name (`gmqtt.auth.api.Account.username`); generated
   * descriptors leave it out. Hosts show it to people.
   */
  readonly comments?: Readonly<Record<string, string>>;
}

/** A plain HTTP route, for what is no service method. */
export interface ApiRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with `{name}` placeholders. */
  readonly path: string;
  handle(request: Request): Awaitable<Response>;
}

/** Told of what is registered, now and later. */
export interface ApiHost {
  addService(service: ApiService): void;
  addRoute(route: ApiRoute): void;
}

/** Brings together who offers an API and who serves it, in whatever order they load. */
export interface ApiRegistrar {
  registerService(service: ApiService): void;
  registerRoute(route: ApiRoute): void;
  /** Replays what was registered and forwards what comes. */
  attachHost(host: ApiHost): void;
}

/** Throws when two plugins register the same service or route. */
export function createApiRegistrar(): ApiRegistrar {
  const services = new Map<string, ApiService>();
  const routes = new Map<string, ApiRoute>();
  const hosts: ApiHost[] = [];
  return {
    registerService(service) {
      if (services.has(service.name)) throw new Error(`api service ${service.name} is registered twice`);
      services.set(service.name, service);
      for (const host of hosts) host.addService(service);
    },
    registerRoute(route) {
      const key = `${route.method} ${route.path}`;
      if (routes.has(key)) throw new Error(`api route ${key} is registered twice`);
      routes.set(key, route);
      for (const host of hosts) host.addRoute(route);
    },
    attachHost(host) {
      hosts.push(host);
      for (const service of services.values()) host.addService(service);
      for (const route of routes.values()) host.addRoute(route);
    },
  };
}
