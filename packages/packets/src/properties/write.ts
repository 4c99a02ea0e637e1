/** Measures and writes property lists, in the order of their identifiers (MQTT 5.0, section 2.2.2). */
import {
  assertInteger,
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  measureBinary,
  measureString,
  variableByteIntegerLength,
  type Writer,
} from "../writer.ts";
import { type PropertyDefinition, type PropertyPlace, propertiesOf, type SingleKind } from "./table.ts";
import type { AnyProperties, UserProperty } from "./types.ts";

/** Bytes of the list without its length. @throws RangeError for a value that its field cannot hold */
export function measureProperties(properties: AnyProperties | undefined, place: PropertyPlace): number {
  if (properties === undefined) return 0;
  let length = 0;
  for (const definition of propertiesOf(place)) {
    const value = properties[definition.name];
    if (value !== undefined) length += measureProperty(definition, value);
  }
  return length;
}

type Value = NonNullable<AnyProperties[keyof AnyProperties]>;

function measureProperty({ kind, name, minimum }: PropertyDefinition, value: Value): number {
  switch (kind) {
    case "byte":
      assertInteger(value as number, 0, 1, name);
      return 2;
    case "flag":
      return 2;
    case "uint16":
      assertInteger(value as number, minimum, 0xffff, name);
      return 3;
    case "uint32":
      assertInteger(value as number, minimum, 0xffff_ffff, name);
      return 5;
    case "variable":
      return measureIdentifier(value as number);
    case "variables":
      return (value as readonly number[]).reduce((sum, identifier) => sum + measureIdentifier(identifier), 0);
    case "string":
      return 1 + measureString(value as string);
    case "binary":
      return 1 + measureBinary(value as Uint8Array);
    case "pairs":
      return measureUserProperties(value as readonly UserProperty[]);
  }
}

function measureIdentifier(identifier: number): number {
  assertInteger(identifier, 1, MAXIMUM_VARIABLE_BYTE_INTEGER, "subscription identifier");
  return 1 + variableByteIntegerLength(identifier);
}

function measureUserProperties(pairs: readonly UserProperty[]): number {
  let length = 0;
  for (const [name, value] of pairs) length += 1 + measureString(name) + measureString(value);
  return length;
}

/** Writes the list with its length; `length` is what {@link measureProperties} said. */
export function writeProperties(
  writer: Writer,
  properties: AnyProperties | undefined,
  place: PropertyPlace,
  length: number,
): void {
  writer.variableByteInteger(length);
  if (properties === undefined) return;
  for (const definition of propertiesOf(place)) {
    const value = properties[definition.name];
    if (value !== undefined) writeProperty(writer, definition, value);
  }
}

/** Bytes of the list with its length in front. */
export function measurePropertyList(properties: AnyProperties | undefined, place: PropertyPlace): number {
  const length = measureProperties(properties, place);
  return variableByteIntegerLength(length) + length;
}

/** Measures and writes the list with its length in front. */
export function writePropertyList(writer: Writer, properties: AnyProperties | undefined, place: PropertyPlace): void {
  writeProperties(writer, properties, place, measureProperties(properties, place));
}

function writeProperty(writer: Writer, { id, kind }: PropertyDefinition, value: Value): void {
  if (kind === "variables") {
    for (const identifier of value as readonly number[]) writeValue(writer, id, "variable", identifier);
  } else if (kind === "pairs") {
    for (const [name, text] of value as readonly UserProperty[]) {
      writeValue(writer, id, "string", name);
      writer.string(text);
    }
  } else {
    writeValue(writer, id, kind, value);
  }
}

function writeValue(writer: Writer, id: number, kind: SingleKind, value: Value): void {
  writer.byte(id);
  switch (kind) {
    case "byte":
    case "flag":
      writer.byte(Number(value));
      break;
    case "uint16":
      writer.uint16(value as number);
      break;
    case "uint32":
      writer.uint32(value as number);
      break;
    case "variable":
      writer.variableByteInteger(value as number);
      break;
    case "string":
      writer.string(value as string);
      break;
    case "binary":
      writer.binary(value as Uint8Array);
      break;
  }
}
