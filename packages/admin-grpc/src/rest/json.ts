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
  const json = toJson(schema, message, options);
  fillAbsent(schema, json);
  return json;
}

/** Fields of messages that are not there are written as null, deeper ones included. */
function fillAbsent(schema: DescMessage, json: JsonValue): void {
  if (schema.typeName.startsWith("google.protobuf.") || !isObject(json)) return; // those have a form of their own
  for (const field of schema.fields) {
    const value = json[field.name];
    const message = messageOf(field);
    if (message === undefined) continue;
    if (value === undefined) {
      if (field.fieldKind === "message" && field.oneof === undefined) json[field.name] = null;
    } else if (Array.isArray(value)) {
      for (const item of value) fillAbsent(message, item);
    } else if (field.fieldKind === "map" && isObject(value)) {
      for (const item of Object.values(value)) fillAbsent(message, item);
    } else {
      fillAbsent(message, value);
    }
  }
}

function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "enum" || field.fieldKind === "scalar" ? undefined : field.message;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
