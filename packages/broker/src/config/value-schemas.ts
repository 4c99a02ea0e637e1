/** Schemas of single values: durations, numbers, choices, texts. Each says its own complaint. */

import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { formats } from "./formats.ts";
import { describe, type Naming } from "./names.ts";
import type { DurationSpec, IntegerSpec, OptionSpec, TextFormat, TextListSpec } from "./spec.ts";

/** Every kind of key that holds no further keys. */
export type ValueSpec = Exclude<OptionSpec, { readonly kind: "section" | "list" | "opaque" }>;

/** The schema of a key that holds a value. */
export function valueSchema(spec: ValueSpec, naming: Naming): z.ZodType {
  switch (spec.kind) {
    case "duration":
      return durationSchema(spec, naming);
    case "integer":
      return integerSchema(spec);
    case "boolean":
      return z.boolean(mustBe("true or false"));
    case "choice":
      return z.literal<readonly (string | number)[]>(spec.values, mustBe(`one of ${spec.values.join(", ")}`));
    case "text":
      return textSchema(spec.format);
    case "text-list":
      return textListSchema(spec);
  }
}

/** How a schema complains: the value is missing, or it must be something that it is not. */
export interface Complaint {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** The complaint that completes "must be ...". */
export function mustBe(what: string): Complaint {
  return { error: ({ input }) => (input === undefined ? "is missing" : `must be ${what}, not ${describe(input)}`) };
}

/** What the protocol can say: session and message expiry are 32-bit numbers of seconds [MQTT 5.0 section 3.1.2.11.2]. */
const longestDuration = "4294967295s";

function durationSchema({ min = "0", max = longestDuration, zero }: DurationSpec, naming: Naming): z.ZodType {
  const text = z
    .string()
    .refine((given) => parseDuration(given) !== undefined, { abort: true })
    .transform((given) => parseDuration(given)!);
  // In a file a bare number would have to be guessed at: seconds or milliseconds. Only 0 is the same in all units.
  const bare = naming === "file" ? z.literal(0) : z.number().min(0, { abort: true });
  const notZero = z.number().gt(0, { error: "must not be 0", abort: true });
  const [least, most] = [parseDuration(min)!, parseDuration(max)!];
  const bounds = `must be from ${formatDuration(least)} to ${formatDuration(most)}`;
  const error = ({ input }: { readonly input: unknown }): string => `${bounds}, not ${formatDuration(Number(input))}`;
  const range = notZero.min(least, { error }).max(most, { error });
  return z
    .union([text, bare], mustBe("a duration such as 2h, 20s or 500ms"))
    .pipe(zero === undefined ? range : z.union([z.literal(0), range]));
}

function integerSchema({ min, max }: IntegerSpec): z.ZodType {
  const complaint = mustBe(`a whole number from ${min} to ${max}`);
  return z
    .int({ ...complaint, abort: true })
    .min(min, complaint)
    .max(max, complaint);
}

function textSchema(format: TextFormat | undefined): z.ZodType {
  if (format === undefined) return z.string(mustBe("text"));
  const { accepts, description } = formats[format];
  const complaint = mustBe(description);
  return z.string(complaint).superRefine((text, context) => {
    try {
      if (!accepts(text)) context.addIssue({ code: "custom", message: complaint.error({ input: text }) });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.addIssue({ code: "custom", message: error.message, params: { hint: error.hint } });
    }
  });
}

function textListSchema({ format, minItems = 0, unique = false }: TextListSpec): z.ZodType {
  return z
    .array(textSchema(format), mustBe("a list of texts"))
    .refine((texts) => texts.length >= minItems, `must have at least ${minItems} item`)
    .superRefine((texts, context) => {
      if (!unique) return;
      for (const [index, text] of texts.entries()) {
        if (texts.indexOf(text) === index) continue;
        context.addIssue({ code: "custom", path: [index], message: `${describe(text)} stands there twice` });
      }
    });
}
