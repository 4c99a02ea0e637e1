/** A callout: asks a service of the operator's about credentials. When it does not answer, nobody comes in. */

import { createHmac, randomBytes } from "node:crypto";
import type { Logger } from "@gmqtt/broker";
import { z } from "zod";
import type { HttpConfig } from "../config.ts";
import type { Accepted, CredentialSource, Credentials, SourceAnswer } from "../login/credentials.ts";
import { readTokenRules } from "./token-rules.ts";

/** What the source stands on. */
export interface HttpSourceOptions {
  readonly config: HttpConfig;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** What a service answers with status 200. */
const answerSchema = z.object({
  result: z.enum(["allow", "deny", "ignore"]),
  username: z.string().min(1).optional(),
  client_id: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
  rules: z.array(z.unknown()).optional(),
});

interface Cached {
  readonly answer: SourceAnswer;
  readonly until: number;
}

/** Longer answers are none. Bytes. */
const LONGEST_ANSWER = 256 * 1024;

export class HttpSource implements CredentialSource {
  readonly name = "http";
  readonly #options: HttpSourceOptions;
  readonly #key: Buffer = randomBytes(32);
  readonly #stopped: AbortController = new AbortController();
  /** By a keyed digest of everything that was asked; the oldest first. */
  readonly #cache: Map<string, Cached> = new Map();
  readonly #pending: Map<string, Promise<SourceAnswer>> = new Map();

  constructor(options: HttpSourceOptions) {
    this.#options = options;
  }

  check(credentials: Credentials): SourceAnswer | Promise<SourceAnswer> {
    const body = JSON.stringify(describe(credentials));
    const key = createHmac("sha256", this.#key).update(body).digest("base64");
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.until > this.#options.monotonic()) return cached.answer;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (this.#pending.size >= this.#options.config.max_pending) {
      return unavailable(`more than ${this.#options.config.max_pending} callouts under way`);
    }
    const asked = this.#ask(key, body).finally(() => this.#pending.delete(key));
    this.#pending.set(key, asked);
    return asked;
  }

  close(): void {
    this.#stopped.abort();
    this.#cache.clear();
  }

  async #ask(key: string, body: string): Promise<SourceAnswer> {
    const { config, logger } = this.#options;
    try {
      const response = await fetch(config.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json", ...config.headers },
        body,
        redirect: "error", // credentials go where they were meant to go
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(config.timeout)]),
      });
      const answer = this.#read(response.status, await textOf(response));
      this.#remember(key, answer);
      return answer;
    } catch (error) {
      const reason =
        error instanceof Error && error.name === "TimeoutError"
          ? `no answer within ${config.timeout} ms`
          : reasonOf(error);
      logger.warn({ url: config.url, reason }, "authentication callout failed");
      return unavailable(`callout failed: ${reason}`);
    }
  }

  /** Throws for an answer that is none. */
  #read(status: number, text: string): SourceAnswer {
    if (status === 401 || status === 403) return { outcome: "refused", reason: "refused by the callout" };
    if (status === 204) return { outcome: "accepted" };
    if (status !== 200) throw new Error(`status ${status}`);
    const { client_id, expires_in, result, rules, username } = answerSchema.parse(JSON.parse(text));
    if (result === "deny") return { outcome: "refused", reason: "refused by the callout" };
    if (result === "ignore") return { outcome: "unknown" };
    const accepted: { -readonly [K in keyof Accepted]: Accepted[K] } = { outcome: "accepted" };
    if (username !== undefined) accepted.username = username;
    if (client_id !== undefined) accepted.clientId = client_id;
    if (expires_in !== undefined) accepted.expiresAt = this.#options.now() + expires_in * 1000;
    if (rules !== undefined) {
      const read = readTokenRules(rules, "callout");
      if (read === undefined) throw new Error("rules in the answer are none");
      accepted.rules = read;
    }
    return accepted;
  }

  /** An answer is kept for `cache_ttl`, one that ends by itself no longer than that. */
  #remember(key: string, answer: SourceAnswer): void {
    const { cache_entries, cache_ttl } = this.#options.config;
    if (cache_entries === 0 || cache_ttl === 0) return;
    const left =
      answer.outcome === "accepted" && answer.expiresAt !== undefined
        ? answer.expiresAt - this.#options.now()
        : cache_ttl;
    this.#cache.delete(key);
    this.#cache.set(key, { answer, until: this.#options.monotonic() + Math.min(cache_ttl, left) });
    if (this.#cache.size <= cache_entries) return;
    const [oldest] = this.#cache.keys();
    this.#cache.delete(oldest as string);
  }
}

/** A password that is no text is sent in base64. */
function describe({ address, clientId, commonName, password, protocolVersion, username }: Credentials): object {
  const text = password === undefined ? null : textPassword(password);
  return {
    client_id: clientId,
    username: username ?? null,
    password: text ?? null,
    ...(password !== undefined && text === undefined
      ? { password_base64: Buffer.from(password).toString("base64") }
      : {}),
    address,
    certificate_cn: commonName ?? null,
    protocol_version: protocolVersion,
  };
}

function textPassword(password: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(password);
  } catch {
    return undefined;
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > LONGEST_ANSWER) throw new Error(`answer is longer than ${LONGEST_ANSWER} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unavailable(reason: string): SourceAnswer {
  return { outcome: "refused", reason, unavailable: true };
}

/** fetch says why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : (error.message.split("\n", 1)[0] ?? error.name);
}
