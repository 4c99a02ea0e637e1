/** The OpenAPI 3.1 document, made of the same descriptors that requests are served by. */

import type { DescField } from "@bufbuild/protobuf";
import type { ApiMethod, Route } from "../api/method.ts";
import type { ApiRegistry } from "../api/registry.ts";
import { comments } from "../gen/comments.ts";
import { type Json, Schemas } from "./schemas.ts";

/** The document as it stands now; services that come later are in the next one. `withTokens`: callers need a token. */
export function openApiDocument(registry: ApiRegistry, version: string, withTokens: boolean): Json {
  const schemas = new Schemas({ ...registry.comments, ...comments });
  const paths: Record<string, Record<string, Json>> = {};
  for (const { method, route } of registry.routes) {
    const path = pathOf(route);
    paths[path] = { ...paths[path], [route.verb.toLowerCase()]: operation(schemas, method, route) };
  }
  const tags = registry.services.map(({ name, typeName }) => ({
    name,
    description: schemas.description(typeName) ?? typeName,
  }));
  return {
    openapi: "3.1.0",
    info: {
      title: "gmqtt management API",
      version,
      description:
        "The REST front of the gRPC services. JSON has the names of the .proto files, and 64-bit numbers as strings.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags,
    paths: Object.fromEntries(Object.entries(paths).sort(([one], [other]) => (one < other ? -1 : 1))),
    components: {
      schemas: { ...schemas.all, "google.rpc.Status": statusSchema },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
    security: withTokens ? [{ bearer: [] }] : [],
  };
}

const statusSchema: Json = {
  type: "object",
  description: "Why a request did not succeed.",
  properties: {
    code: { type: "integer", format: "int32", description: "Code of google.rpc.Code." },
    message: { type: "string" },
    details: { type: "array", items: { type: "object" } },
  },
};

/** `{name=**}` is `{name}` there; that it may hold slashes can't be said. */
function pathOf({ template }: Route): string {
  return template.text.replace(/\{([^{}=]+)=[^{}]*\}/g, "{$1}");
}

function operation(schemas: Schemas, method: ApiMethod, route: Route): Json {
  const inPath = new Set(route.template.variables.map(({ field }) => field));
  const free = method.input.fields.filter(({ name }) => !inPath.has(name));
  const inQuery = route.body === "" ? free.filter(isFlat) : [];
  const [summary, ...rest] = (schemas.description(`${method.service.typeName}.${method.desc.name}`) ?? "").split(
    /(?<=\.) /,
  );
  const isFirst = method.routes[0] === route;
  return {
    operationId: `${method.service.name}_${method.desc.name}${isFirst ? "" : `_${route.verb.toLowerCase()}`}`,
    tags: [method.service.name],
    summary: summary === "" ? method.desc.name : summary,
    ...(rest.length === 0 ? {} : { description: rest.join(" ") }),
    "x-gmqtt-role": method.role,
    parameters: [
      ...method.input.fields.filter(({ name }) => inPath.has(name)).map((field) => parameter(schemas, field, "path")),
      ...inQuery.map((field) => parameter(schemas, field, "query")),
    ],
    ...(route.body === "" ? {} : { requestBody: requestBody(schemas, route, free) }),
    responses: {
      "200": { description: "Done.", content: responseContent(schemas, method, route) },
      default: {
        description: "Not done.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/google.rpc.Status" } } },
      },
    },
  };
}

/** Messages in a query are more than a form can hold. */
function isFlat(field: DescField): boolean {
  return field.fieldKind === "scalar" || field.fieldKind === "enum" || (field.fieldKind === "list" && !field.message);
}

function parameter(schemas: Schemas, field: DescField, place: "path" | "query"): Json {
  const description = schemas.description(`${field.parent.typeName}.${field.name}`);
  return {
    name: field.name,
    in: place,
    ...(place === "path" ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema: schemas.field(field),
  };
}

function requestBody(schemas: Schemas, route: Route, free: readonly DescField[]): Json {
  const field = free.find(({ name }) => name === route.body);
  const schema = field === undefined ? schemas.object(free) : schemas.field(field);
  return { required: true, content: { "application/json": { schema } } };
}

function responseContent(schemas: Schemas, method: ApiMethod, route: Route): Json {
  const part = method.output.fields.find(({ name }) => name === route.responseBody);
  const schema = part === undefined ? schemas.message(method.output) : schemas.field(part);
  if (!method.streaming) return { "application/json": { schema } };
  return {
    "application/json": { schema: { type: "object", properties: { result: schema } } },
    "text/event-stream": { schema: { type: "string" } },
  };
}
