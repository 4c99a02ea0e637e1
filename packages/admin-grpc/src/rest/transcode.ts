/** From an HTTP request to the request message: path, query and body, each in its place (google/api/http.proto). */

import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import type { Route } from "../api/method.ts";
import { invalidArgument } from "../api/status.ts";

/** The parts of an HTTP request that make a message. */
export interface RequestParts {
  readonly variables: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** Throws INVALID_ARGUMENT for what does not fit the message. */
export function requestMessage(schema: DescMessage, route: Route, parts: RequestParts): Message {
  const json: JsonObject = {};
  if (route.body === "*") Object.assign(json, objectBody(parts.body));
  else if (route.body !== "") json[route.body] = parseBody(parts.body);
  if (route.body !== "*") {
    for (const name of new Set(parts.query.keys())) put(schema, json, name, parts.query.getAll(name));
  }
  // What the path says holds, whatever the body says.
  for (const [name, value] of Object.entries(parts.variables)) put(schema, json, name, [value]);
  try {
    return fromJson(schema, json);
  } catch (error) {
    throw invalidArgument(explain(error));
  }
}

function objectBody(body: string): JsonObject {
  const value = parseBody(body);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalidArgument("body must be a JSON object");
}

function parseBody(body: string): JsonValue {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body) as JsonValue;
  } catch {
    throw invalidArgument("body is not JSON");
  }
}

/** Sets the field that a dotted name leads to, in place of one that stands there under its other name. */
function put(schema: DescMessage, json: JsonObject, name: string, values: readonly string[]): void {
  const [head = "", ...rest] = name.split(".");
  const field = schema.fields.find((candidate) => candidate.name === head || candidate.jsonName === head);
  if (field === undefined) throw invalidArgument(`unknown parameter ${name}`);
  if (field.jsonName !== field.name) delete json[field.jsonName];
  if (rest.length > 0) {
    if (field.fieldKind !== "message") throw invalidArgument(`unknown parameter ${name}`);
    const inner = json[field.name];
    const object: JsonObject = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
    json[field.name] = object;
    put(field.message, object, rest.join("."), values);
    return;
  }
  if (field.fieldKind === "list") json[field.name] = values.map((value) => textToJson(field, value, name));
  else json[field.name] = textToJson(field, values.at(-1) ?? "", name);
}

/** Text as the JSON that the field takes; numbers may stay text. */
function textToJson(field: DescField, value: string, name: string): JsonValue {
  const scalar = field.fieldKind === "scalar" || field.fieldKind === "list" ? field.scalar : undefined;
  const isEnum = field.fieldKind === "enum" || (field.fieldKind === "list" && field.enum !== undefined);
  if (isEnum) return /^-?\d+$/.test(value) ? Number(value) : value;
  if (scalar === ScalarType.BOOL) {
    if (value === "true" || value === "1" || value === "") return true;
    if (value === "false" || value === "0") return false;
    throw invalidArgument(`${name} must be true or false, not ${value}`);
  }
  return value;
}

/** The library's errors name field and value; its own name in front is left out. */
function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
