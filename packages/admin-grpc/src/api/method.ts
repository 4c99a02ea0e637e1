/** A method that is served, made of what a plugin registered: its descriptor, its handler and its routes. */

import {
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ApiCall, ApiService } from "@gmqtt/broker";
import { http as httpOption } from "../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../gen/google/api/http_pb.ts";
import { type PathTemplate, parseTemplate } from "../rest/template.ts";

/** What a caller has to be to call a method. */
export type Role = ApiCall["role"];

/** An HTTP route to a method (google/api/http.proto). */
export interface Route {
  readonly verb: string;
  readonly template: PathTemplate;
  /** Field that the body becomes; `*`: the whole request; "": there is no body. */
  readonly body: string;
  /** Field that the response consists of; "": all of it. */
  readonly responseBody: string;
}

/** A registered method. */
export interface ApiMethod {
  /** `gmqtt.admin.api.ClientService/Get` */
  readonly name: string;
  readonly service: DescService;
  readonly desc: DescMethod;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly streaming: boolean;
  readonly role: Role;
  readonly routes: readonly Route[];
  /** Fields of the request that say what it is about, for the log: those that stand in paths. */
  readonly subject: readonly string[];
  readonly handler: ((request: Message, call: ApiCall) => unknown) | undefined;
}

/** The methods of a registered service. Throws when its definition can't be served. */
export function methodsOf(service: ApiService): readonly ApiMethod[] {
  const definition = service.definition as Partial<DescService> | null;
  if (definition?.kind !== "service" || definition.typeName !== service.name) {
    throw new Error(`api service ${service.name}: definition is not the service descriptor of that name`);
  }
  return (definition as DescService).methods.map((desc) => methodOf(service, desc));
}

function methodOf(service: ApiService, desc: DescMethod): ApiMethod {
  const name = `${desc.parent.typeName}/${desc.name}`;
  if (desc.methodKind !== "unary" && desc.methodKind !== "server_streaming") {
    throw new Error(`api method ${name}: streams of requests are not served`);
  }
  const routes = routesOf(desc);
  return {
    name,
    service: desc.parent,
    desc,
    input: desc.input,
    output: desc.output,
    streaming: desc.methodKind === "server_streaming",
    role: roleOf(desc, routes),
    routes,
    subject: [...new Set(routes.flatMap(({ template }) => template.variables.map(({ field }) => field)))],
    handler: service.handlers[desc.localName] as ApiMethod["handler"],
  };
}

/** What only looks needs less than what changes something. */
function roleOf(desc: DescMethod, routes: readonly Route[]): Role {
  const harmless = desc.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  return harmless || routes[0]?.verb === "GET" ? "read" : "write";
}

/** The option is read by its number, so that it is found whichever package's annotations a descriptor was made with. */
function routesOf(desc: DescMethod): Route[] {
  if (!hasOption(desc, httpOption)) return [];
  const rule = getOption(desc, httpOption);
  return [rule, ...rule.additionalBindings].flatMap((binding) => routeOf(desc, binding));
}

function routeOf(desc: DescMethod, { pattern, body, responseBody }: HttpRule): Route[] {
  if (pattern.case === undefined) return [];
  const custom = pattern.case === "custom" ? pattern.value : undefined;
  const verb = custom?.kind ?? pattern.case.toUpperCase();
  const template = parseTemplate(custom?.path ?? (pattern.value as string));
  for (const { field } of template.variables) {
    if (field.includes(".") || desc.input.fields.some((candidate) => candidate.name === field)) continue;
    throw new Error(`api method ${desc.parent.typeName}/${desc.name}: no field ${field} for path ${template.text}`);
  }
  return [{ verb, template, body, responseBody }];
}
