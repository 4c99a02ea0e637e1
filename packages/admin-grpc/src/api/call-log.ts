/** One line of the log for each call: who did what, from where, and what came of it. */

import type { Message } from "@bufbuild/protobuf";
import type { Clock, Logger } from "@gmqtt/broker";
import type { Identity } from "../access/access.ts";
import type { Caller } from "./calls.ts";
import type { ApiMethod } from "./method.ts";
import { type ApiError, type StatusCode, statusName } from "./status.ts";

/** What writing needs. */
interface LogOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the log wants to know of a method. */
export interface Logged {
  readonly name: string;
  readonly subject: readonly string[];
  readonly input: Pick<ApiMethod["input"], "fields">;
}

/** One line of the log for each call: who did what, from where, and what came of it. */
export class LogEntry {
  readonly #options: LogOptions;
  readonly #method: Logged;
  readonly #caller: Caller;
  readonly #start: number;
  identity: Identity | undefined;
  request: Message | undefined;

  constructor(options: LogOptions, method: Logged, caller: Caller) {
    this.#options = options;
    this.#method = method;
    this.#caller = caller;
    this.#start = options.clock.monotonic();
  }

  write(line: string, status: StatusCode, reason?: string): void {
    const { clock, logger } = this.#options;
    const { from, via } = this.#caller;
    const fields = {
      who: this.identity?.who ?? "nobody",
      from,
      via,
      method: this.#method.name,
      ...this.#subject(),
      status: statusName(status),
      ...(reason === undefined ? {} : { reason }),
      ms: Math.round((clock.monotonic() - this.#start) * 10) / 10,
    };
    logger.info(fields, line);
  }

  fail(shown: ApiError): ApiError {
    this.write("api call", shown.code, shown.message);
    return shown;
  }

  /** Only what stands in paths: other fields may be secret. */
  #subject(): Record<string, unknown> {
    if (this.request === undefined) return {};
    const values = this.request as unknown as Record<string, unknown>;
    return Object.fromEntries(
      this.#method.input.fields
        .filter(({ name }) => this.#method.subject.includes(name))
        .map((field) => [field.name, shown(field, values[field.localName])]),
    );
  }
}

/** An enum by its name: a number tells nobody anything. */
function shown(field: ApiMethod["input"]["fields"][number], value: unknown): unknown {
  return field.fieldKind === "enum" ? (field.enum.value[Number(value)]?.name ?? value) : value;
}
