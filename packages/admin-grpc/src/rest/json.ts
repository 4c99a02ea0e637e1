/** Messages as grpc-gateway writes them: proto field names, defaults written out, absent messages as null, 64 bits as strings. */

import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  toJson,
} from "@bufbuild/protobuf";

const options = { alwaysEmitImplicit: true, useProtoFieldName: true } as const;

/** The JSON of a message. */
export function jsonOf(schema: DescMessage, message: Message): JsonValue {
  return complete(schema, toJson(schema, message, options));
}

/** Messages that are not there are written as null, deeper ones included; fields keep their order. */
function complete(schema: DescMessage, json: JsonValue): JsonValue {
  if (schema.typeName.startsWith("google.protobuf.") || !isObject(json)) return json; // those have a form of their own
  const completed: JsonObject = {};
  for (const field of schema.fields) {
    const value = json[field.name];
    if (value !== undefined) completed[field.name] = completeField(field, value);
    else if (field.fieldKind === "message" && field.oneof === undefined) completed[field.name] = null;
  }
  return completed;
}

function completeField(field: DescField, value: JsonValue): JsonValue {
  const message = messageOf(field);
  if (message === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => complete(message, item));
  if (field.fieldKind !== "map" || !isObject(value)) return complete(message, value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, complete(message, item)]));
}

function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "enum" || field.fieldKind === "scalar" ? undefined : field.message;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
