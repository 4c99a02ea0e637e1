/** The REST front: finds the method of a request by the routes that services declare, and answers as grpc-gateway does. */

import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Message } from "@bufbuild/protobuf";
import type { ApiRoute } from "@gmqtt/broker";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Caller, Calls } from "../api/calls.ts";
import type { ApiRegistry, BoundRoute } from "../api/registry.ts";
import { ApiError, invalidArgument, StatusCode } from "../api/status.ts";
import type { AdminLimits } from "../config.ts";
import { readBody } from "./read-body.ts";
import { errorResponse, messageResponse, streamResponse } from "./responses.ts";
import { assertSameSite } from "./same-site.ts";
import { matchTemplate, parseTemplate } from "./template.ts";
import { requestMessage } from "./transcode.ts";

/** What the REST front is made of. */
export interface RestOptions {
  readonly registry: ApiRegistry;
  readonly calls: Calls;
  readonly limits: () => AdminLimits;
  /** The pages that describe the API, which anybody may read. */
  readonly pages: (path: string) => Response | undefined;
}

type Bindings = { Bindings: HttpBindings };

/** Makes what answers requests of one endpoint; `closed`: it demands a client certificate. */
export function createRestApp(options: RestOptions, closed: boolean, isOpenToAll: () => boolean): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.use(secureHeaders());
  app.all("*", async (context) => {
    const { incoming } = context.env;
    const request = context.req.raw;
    const caller: Caller = {
      credentials: {
        authorization: context.req.header("authorization"),
        commonName: commonNameOf(incoming.socket as Partial<TLSSocket>),
      },
      closed,
      from: incoming.socket.remoteAddress ?? "",
      via: "rest",
      signal: request.signal,
    };
    let respond: () => Response | Promise<Response>;
    try {
      assertSameSite(request.headers, isOpenToAll());
      respond = findAnswer(options, request, caller);
    } catch (error) {
      throw options.calls.refuse(`${request.method} ${context.req.path}`, caller, error);
    }
    return respond();
  });
  app.onError((error, { req }) => errorResponse(options.calls.reveal(error, { verb: req.method, path: req.path })));
  return app;
}

/** Whose request it is; throws NOT_FOUND, and UNIMPLEMENTED for another verb of a route that there is. */
function findAnswer(options: RestOptions, request: Request, caller: Caller): () => Response | Promise<Response> {
  const url = new URL(request.url);
  const verb = request.method === "HEAD" ? "GET" : request.method;
  const found = findRoute(options.registry.routes, verb, url.pathname);
  if (found !== undefined) return () => call(options, found, request, url, caller);
  const plain = options.registry.plainRoutes.find((candidate) => isPlain(candidate, verb, url.pathname));
  if (plain !== undefined) return () => callPlain(options, plain, url.pathname, request, caller);
  const page = verb === "GET" ? options.pages(url.pathname) : undefined;
  if (page !== undefined) return () => page;
  throw notRouted(options.registry, url.pathname, request.method);
}

interface Match extends BoundRoute {
  readonly variables: Readonly<Record<string, string>>;
}

async function call(
  options: RestOptions,
  { method, route, variables }: Match,
  request: Request,
  url: URL,
  caller: Caller,
): Promise<Response> {
  const read = async (): Promise<Message> => {
    const body = route.body === "" ? "" : await readBody(request, options.limits().max_body_bytes);
    return requestMessage(method.input, route, { variables, query: url.searchParams, body });
  };
  if (!method.streaming) return messageResponse(method, route, await options.calls.unary(method, caller, read));
  const form = request.headers.get("accept")?.includes("text/event-stream") === true ? "events" : "lines";
  const messages = options.calls.stream(method, caller, read);
  return streamResponse(
    method,
    messages,
    form,
    (error) => options.calls.reveal(error, { method: method.name }),
    caller.signal,
  );
}

function findRoute(routes: readonly BoundRoute[], verb: string, path: string): Match | undefined {
  for (const bound of routes) {
    if (bound.route.verb !== verb) continue;
    const variables = match(bound.route.template, path);
    if (variables !== undefined) return { ...bound, variables };
  }
  return undefined;
}

function match(template: Parameters<typeof matchTemplate>[0], path: string): Record<string, string> | undefined {
  try {
    return matchTemplate(template, path);
  } catch {
    throw invalidArgument(`${path} has a broken % escape`);
  }
}

/** Routes that plugins registered as they are; who may look may GET, and who may write may do the rest. */
function callPlain(
  { calls }: RestOptions,
  route: ApiRoute,
  path: string,
  request: Request,
  caller: Caller,
): Promise<Response> {
  const role = route.method === "GET" ? "read" : "write";
  return calls.plain(`${route.method} ${path}`, role, caller, () => route.handle(request));
}

function isPlain(route: ApiRoute, verb: string, path: string): boolean {
  return route.method === verb && match(parseTemplate(route.path), path) !== undefined;
}

function notRouted(registry: ApiRegistry, path: string, method: string): ApiError {
  const verbs = new Set(
    registry.routes.filter(({ route }) => match(route.template, path) !== undefined).map(({ route }) => route.verb),
  );
  if (verbs.size === 0) return new ApiError(StatusCode.NOT_FOUND, `no route ${path}`);
  const allow = [...verbs].join(", ");
  return new ApiError(StatusCode.UNIMPLEMENTED, `${path} can't be asked with ${method}`, {
    status: 405,
    headers: { allow },
  });
}

/** The common name of a certificate that was verified; no other says anything. */
function commonNameOf(socket: Partial<TLSSocket>): string | undefined {
  if (socket.authorized !== true) return undefined;
  const certificate = socket.getPeerCertificate?.() as Partial<PeerCertificate> | undefined;
  const name = certificate?.subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? name[0] : name;
}
