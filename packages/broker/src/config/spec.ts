/** The words in which the configuration is declared (keys/*.ts). Types, defaults, checks and descriptions follow from that. */

/** What every declared key may say. */
interface CommonSpec {
  /** One sentence for the reference page and for editors; says the unit where there is one. */
  readonly doc: string;
  /** True: a reload changes it while the broker runs. Absent: a restart is needed. */
  readonly live?: boolean;
  /** The resolved configuration lacks the key unless it is given; there is no default. */
  readonly optional?: boolean;
  /** Must be given wherever its section is given. */
  readonly required?: boolean;
  /** Other names that files may use, as in gmqtt's shipped file. */
  readonly aliases?: readonly string[];
}

/** A length of time; `2h` in files, milliseconds in code. */
export interface DurationSpec extends CommonSpec {
  readonly kind: "duration";
  readonly default?: string;
  /** Smallest value that is accepted, besides 0 where `zero` allows it. */
  readonly min?: string;
  readonly max?: string;
  /** What 0 means; absent: 0 is refused. */
  readonly zero?: string;
}

/** A whole number. */
export interface IntegerSpec extends CommonSpec {
  readonly kind: "integer";
  readonly default?: number;
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** `true` or `false`. */
export interface BooleanSpec extends CommonSpec {
  readonly kind: "boolean";
  readonly default?: boolean;
}

/** A text, of a format where one is named (formats.ts). */
export interface TextSpec extends CommonSpec {
  readonly kind: "text";
  readonly default?: string;
  readonly format?: TextFormat;
}

/** One of a few values. */
export interface ChoiceSpec extends CommonSpec {
  readonly kind: "choice";
  readonly default?: string | number;
  readonly values: readonly (string | number)[];
}

/** A list of texts. */
export interface TextListSpec extends CommonSpec {
  readonly kind: "text-list";
  readonly default?: readonly string[];
  readonly format?: TextFormat;
  readonly minItems?: number;
  readonly unique?: boolean;
}

/** A mapping of declared keys. */
export interface SectionSpec extends CommonSpec {
  readonly kind: "section";
  readonly keys: Keys;
  /** Sections of other names are accepted and handed on unread, for those who provide them. */
  readonly open?: boolean;
}

/** A list of mappings of the same declared keys. */
export interface ListSpec extends CommonSpec {
  readonly kind: "list";
  readonly keys: Keys;
  readonly default?: readonly object[];
}

/** Mappings by name that the core hands on without reading them; keys in them stay as they are written. */
export interface OpaqueSpec extends CommonSpec {
  readonly kind: "opaque";
}

/** Declaration of one key. */
export type OptionSpec =
  | DurationSpec
  | IntegerSpec
  | BooleanSpec
  | TextSpec
  | ChoiceSpec
  | TextListSpec
  | SectionSpec
  | ListSpec
  | OpaqueSpec;

/** Declarations by key, the key as it stands in files. */
export interface Keys {
  readonly [key: string]: OptionSpec;
}

/** Formats that a text may be bound to. */
export type TextFormat = "listen-address" | "api-address" | "cidr" | "file-mode" | "url-path";
