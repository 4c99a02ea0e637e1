/** The way of every call, whichever door it came in by: who, how often, may he, what is asked, the handler, the log. */

import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { ApiCall, Awaitable, Clock, Logger } from "@gmqtt/broker";
import type { Access, Credentials, Identity } from "../access/access.ts";
import { RateLimit } from "../access/rate-limit.ts";
import type { AdminLimits } from "../config.ts";
import { LogEntry, type Logged } from "./call-log.ts";
import type { ApiMethod, Role } from "./method.ts";
import { ApiError, publicError, StatusCode } from "./status.ts";

/** Where a call came in. */
export interface Caller {
  readonly credentials: Credentials;
  /** The connection demands a certificate. */
  readonly closed: boolean;
  /** Address of the caller; "" for Unix sockets. */
  readonly from: string;
  readonly via: ApiCall["via"];
  readonly signal: AbortSignal;
}

/** What calls need; access and limits change with a reload. */
export interface CallsOptions {
  readonly access: () => Access;
  readonly limits: () => AdminLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the plugin is unloaded; streams end then. */
  readonly stopping: AbortSignal;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #rate: RateLimit;
  #streams = 0;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#rate = new RateLimit(
      () => options.limits().requests_per_second,
      () => options.clock.monotonic(),
    );
  }

  /** Calls a method that answers once. Rejects with `ApiError`, and with nothing else. */
  async unary(method: ApiMethod, caller: Caller, read: () => Awaitable<Message>): Promise<Message> {
    const entry = new LogEntry(this.#options, method, caller);
    try {
      const { call, request } = await this.#admit(method, caller, read, entry);
      const answer = await handlerOf(method)(request, call);
      const response = messageOf(method.output, answer);
      entry.write("api call", StatusCode.OK);
      return response;
    } catch (error) {
      throw entry.fail(this.reveal(error, { method: method.name }));
    }
  }

  /** Calls a method that answers with a stream. The iteration throws `ApiError`, and nothing else. */
  async *stream(
    method: ApiMethod,
    caller: Caller,
    read: () => Awaitable<Message>,
  ): AsyncGenerator<Message, void, undefined> {
    const entry = new LogEntry(this.#options, method, caller);
    const over = new AbortController();
    const end = (): void => over.abort();
    let counted = false;
    try {
      const { call, request } = await this.#admit(method, { ...caller, signal: over.signal }, read, entry);
      const { max_streams } = this.#options.limits();
      if (this.#streams >= max_streams) {
        throw new ApiError(StatusCode.RESOURCE_EXHAUSTED, `${max_streams} streams are open, which is the limit`);
      }
      this.#streams++;
      counted = true;
      caller.signal.addEventListener("abort", end, { once: true });
      this.#options.stopping.addEventListener("abort", end, { once: true });
      if (caller.signal.aborted) end();
      const answers = (await handlerOf(method)(request, call)) as AsyncIterable<unknown>;
      entry.write("api stream opened", StatusCode.OK);
      for await (const answer of answers) yield messageOf(method.output, answer);
      entry.write("api stream ended", StatusCode.OK);
    } catch (error) {
      throw entry.fail(this.reveal(error, { method: method.name }));
    } finally {
      caller.signal.removeEventListener("abort", end);
      this.#options.stopping.removeEventListener("abort", end);
      if (counted) this.#streams--;
    }
  }

  /** Calls a route that is no method; `what` names it in the log. Rejects with `ApiError`, and with nothing else. */
  async plain<T>(what: string, role: Role, caller: Caller, run: () => Awaitable<T>): Promise<T> {
    const entry = new LogEntry(this.#options, plainly(what), caller);
    try {
      entry.identity = this.identify(caller);
      assertRole(entry.identity, role, what);
      const answer = await run();
      entry.write("api call", StatusCode.OK);
      return answer;
    } catch (error) {
      throw entry.fail(this.reveal(error, { route: what }));
    }
  }

  /** A request that leads nowhere, or comes from where none may come from: it is logged, and counts as one of its address. */
  refuse(what: string, caller: Caller, error: unknown): ApiError {
    const entry = new LogEntry(this.#options, plainly(what), caller);
    try {
      this.#charge(`address:${caller.from}`);
    } catch (tooMany) {
      return entry.fail(this.reveal(tooMany, { route: what }));
    }
    return entry.fail(this.reveal(error, { route: what }));
  }

  /** Who asks for something that is no method, for example for reflection. Throws `ApiError`. */
  identify({ credentials, closed, from }: Caller): Identity {
    let identity: Identity;
    try {
      identity = this.#options.access().identify(credentials, closed);
    } catch (error) {
      this.#charge(`address:${from}`); // guessing is not free either
      throw error;
    }
    this.#charge(identity.who === "anonymous" ? `address:${from}` : identity.who);
    return identity;
  }

  /** The error as the caller may see it; what is none of his business goes to the log, with what failed. */
  reveal(error: unknown, failed: object): ApiError {
    const known = publicError(error);
    if (known !== undefined) return known;
    this.#options.logger.error({ err: error, ...failed }, "api call failed");
    return new ApiError(StatusCode.INTERNAL, "internal error");
  }

  #charge(caller: string): void {
    if (this.#rate.take(caller)) return;
    const limit = this.#options.limits().requests_per_second;
    throw new ApiError(StatusCode.RESOURCE_EXHAUSTED, `more than ${limit} requests per second`, {
      headers: { "retry-after": "1" },
    });
  }

  /** What is asked is read when it is known that he may: nobody's megabytes are taken in. */
  async #admit(
    method: ApiMethod,
    caller: Caller,
    read: () => Awaitable<Message>,
    entry: LogEntry,
  ): Promise<{ readonly call: ApiCall; readonly request: Message }> {
    const identity = this.identify(caller);
    entry.identity = identity;
    assertRole(identity, method.role, method.name);
    const request = await read();
    entry.request = request;
    this.#limitPage(request);
    return { request, call: { ...identity, from: caller.from, via: caller.via, signal: caller.signal } };
  }

  /** No list is longer than the limit, whoever serves it. */
  #limitPage(request: Message): void {
    const page = request as { pageSize?: unknown };
    const { max_page_size } = this.#options.limits();
    if (typeof page.pageSize === "number" && page.pageSize > max_page_size) page.pageSize = max_page_size;
  }
}

/** The log's view of what is no method. */
function plainly(what: string): Logged {
  return { name: what, subject: [], input: { fields: [] } };
}

function assertRole(identity: Identity, needed: Role, what: string): void {
  if (needed === "read" || identity.role === "write") return;
  throw new ApiError(StatusCode.PERMISSION_DENIED, `role ${identity.role} may not call ${what}`);
}

function handlerOf(method: ApiMethod): NonNullable<ApiMethod["handler"]> {
  if (method.handler !== undefined) return method.handler;
  throw new ApiError(StatusCode.UNIMPLEMENTED, `${method.name} is not implemented`);
}

function messageOf(schema: DescMessage, answer: unknown): Message {
  return create(schema, (answer ?? {}) as Parameters<typeof create>[1]);
}
