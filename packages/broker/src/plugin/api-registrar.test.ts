import { describe, expect, test } from "vitest";
import { type ApiRoute, type ApiService, createApiRegistrar } from "./api-registrar.ts";

const service = (name: string): ApiService => ({ name, kind: "protobuf", definition: undefined, handlers: {} });
const route = (method: ApiRoute["method"], path: string): ApiRoute => ({
  method,
  path,
  handle: () => new Response(),
});

function host() {
  const log: string[] = [];
  return {
    log,
    addService: ({ name }: ApiService) => void log.push(name),
    addRoute: ({ method, path }: ApiRoute) => void log.push(`${method} ${path}`),
  };
}

describe("the API registrar", () => {
  test("brings services and routes to every host, whoever came first", () => {
    const registrar = createApiRegistrar();
    const early = host();
    registrar.attachHost(early);
    registrar.registerService(service("a"));
    registrar.registerRoute(route("GET", "/a"));
    const late = host();
    registrar.attachHost(late);
    registrar.registerService(service("b"));
    expect(early.log).toEqual(["a", "GET /a", "b"]);
    expect(late.log).toEqual(["a", "GET /a", "b"]);
  });

  test("refuses the same service or route twice, and tells hosts of it once", () => {
    const registrar = createApiRegistrar();
    const only = host();
    registrar.attachHost(only);
    registrar.registerService(service("a"));
    registrar.registerRoute(route("GET", "/a"));
    registrar.registerRoute(route("POST", "/a"));
    expect(() => registrar.registerService(service("a"))).toThrow("api service a is registered twice");
    expect(() => registrar.registerRoute(route("GET", "/a"))).toThrow("api route GET /a is registered twice");
    expect(only.log).toEqual(["a", "GET /a", "POST /a"]);
  });
});
