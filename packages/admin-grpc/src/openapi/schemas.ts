/** JSON Schemas (2020-12, as OpenAPI 3.1 has them) of messages in the JSON that REST speaks. */

import { type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** A schema, or any other part of the document. */
export type Json = { readonly [key: string]: unknown };

/** Comments by full name; those of plugins are not known. */
export type Comments = Readonly<Record<string, string>>;

const wellKnown: Readonly<Record<string, Json>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?\\d+(\\.\\d+)?s$" },
  "google.protobuf.FieldMask": { type: "string" },
  "google.protobuf.Empty": { type: "object" },
  "google.protobuf.Struct": { type: "object" },
  "google.protobuf.Value": {},
  "google.protobuf.ListValue": { type: "array" },
  "google.protobuf.Any": { type: "object", properties: { "@type": { type: "string" } } },
};

const int32 = { type: "integer", format: "int32" };
const uint32 = { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 };
const int64 = { type: "string", format: "int64" };
const uint64 = { type: "string", format: "uint64" };

const scalars: Readonly<Record<ScalarType, Json>> = {
  [ScalarType.DOUBLE]: { type: "number", format: "double" },
  [ScalarType.FLOAT]: { type: "number", format: "float" },
  [ScalarType.INT64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.INT32]: int32,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64" },
  [ScalarType.UINT32]: uint32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.SINT32]: int32,
  [ScalarType.SINT64]: int64,
};

/** Collects the schemas that a document refers to. */
export class Schemas {
  readonly #comments: Comments;
  readonly #found: Map<string, Json> = new Map();

  constructor(comments: Comments) {
    this.#comments = comments;
  }

  /** For `components.schemas`. */
  get all(): Json {
    return Object.fromEntries([...this.#found].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** A reference to the message's schema, or the schema of a well-known one. */
  message(desc: DescMessage): Json {
    const known = wellKnown[desc.typeName];
    if (known !== undefined) return known;
    if (!this.#found.has(desc.typeName)) {
      this.#found.set(desc.typeName, {}); // it may contain itself
      this.#found.set(desc.typeName, { ...this.#described(desc.typeName), ...this.object(desc.fields) });
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  }

  /** An object of some of a message's fields. */
  object(fields: readonly DescField[]): Json {
    const properties = Object.fromEntries(fields.map((field) => [field.name, this.property(field)]));
    return { type: "object", properties };
  }

  /** A field with its comment. */
  property(field: DescField): Json {
    const comment = this.#described(`${field.parent.typeName}.${field.name}`);
    if (field.fieldKind === "message" && field.oneof === undefined) {
      return { anyOf: [this.message(field.message), { type: "null" }], ...comment };
    }
    return { ...this.field(field), ...comment };
  }

  /** A field without its comment. */
  field(field: DescField): Json {
    switch (field.fieldKind) {
      case "scalar":
        return scalars[field.scalar];
      case "enum":
        return this.#enum(field.enum);
      case "message":
        return this.message(field.message);
      case "list":
        return { type: "array", items: this.#item(field) };
      case "map":
        return { type: "object", additionalProperties: this.#item(field) };
    }
  }

  /** What the comment says, as `description`. */
  description(name: string): string | undefined {
    return this.#comments[name];
  }

  #item(field: DescField & { fieldKind: "list" | "map" }): Json {
    if (field.message !== undefined) return this.message(field.message);
    if (field.enum !== undefined) return this.#enum(field.enum);
    return scalars[field.scalar as ScalarType];
  }

  #enum(desc: DescEnum): Json {
    return { type: "string", enum: desc.values.map(({ name }) => name) };
  }

  #described(name: string): Json {
    const description = this.#comments[name];
    return description === undefined ? {} : { description };
  }
}
