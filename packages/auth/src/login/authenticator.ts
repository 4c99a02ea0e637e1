/** Decides who comes in: slows down guessers, asks the sources in their order, takes as long for who is unknown as for who is wrong. */

import { type Awaitable, type Logger, MqttError, ReasonCode } from "@gmqtt/broker";
import type { Accepted, CredentialSource, Credentials, Refused, SourceAnswer, Unknown } from "./credentials.ts";
import type { Throttle } from "./throttle.ts";

/** What the authenticator stands on. */
export interface AuthenticatorOptions {
  readonly sources: readonly CredentialSource[];
  readonly allowAnonymous: boolean;
  readonly throttle: Throttle;
  readonly logger: Logger;
}

const ANONYMOUS: Accepted = { outcome: "accepted" };

export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * Throws (or rejects with) `MqttError`: 0x86 for what is wrong, 0x9F for too many failures, 0x88 when it can't be told.
   * `present` turns false when the client has left.
   */
  authenticate(credentials: Credentials, present: () => boolean): Awaitable<Accepted> {
    const { allowAnonymous, sources, throttle } = this.#options;
    const { address, password, username = "" } = credentials;
    // Who shows nothing at all has nothing that could be wrong.
    if (username === "" && password === undefined) {
      if (allowAnonymous) return ANONYMOUS;
      throw new MqttError(ReasonCode.NotAuthorized);
    }
    const wait = throttle.waitFor(address, username);
    if (wait > 0) {
      this.#log(credentials, `too many failures, next try in ${Math.ceil(wait / 1000)} s`);
      throw tooMany();
    }
    const wanted = (): boolean => present() && throttle.waitFor(address, username) === 0;
    return this.#ask(sources, 0, credentials, wanted, []);
  }

  /** Stays synchronous as long as the sources do. */
  #ask(
    sources: readonly CredentialSource[],
    index: number,
    credentials: Credentials,
    wanted: () => boolean,
    unknown: readonly Unknown[],
  ): Awaitable<Accepted> {
    const source = sources[index];
    if (source === undefined) return this.#unknown(credentials, unknown);
    const proceed = (answer: SourceAnswer): Awaitable<Accepted> => {
      if (answer.outcome === "accepted") return this.#accept(answer, credentials);
      if (answer.outcome === "refused") throw this.#refuse(answer, credentials);
      return this.#ask(sources, index + 1, credentials, wanted, [...unknown, answer]);
    };
    const answer = source.check(credentials, wanted);
    return answer instanceof Promise ? answer.then(proceed) : proceed(answer);
  }

  #accept(accepted: Accepted, credentials: Credentials): Accepted {
    const { address, clientId, username = "" } = credentials;
    if (accepted.clientId !== undefined && clientId !== "" && clientId !== accepted.clientId) {
      this.#fail(credentials, `client identifier is not ${accepted.clientId}`);
      throw new MqttError(ReasonCode.ClientIdentifierNotValid);
    }
    this.#options.throttle.succeeded(address, username);
    return accepted;
  }

  #refuse(refused: Refused, credentials: Credentials): MqttError {
    if (refused.unavailable !== true) {
      this.#fail(credentials, refused.reason);
      return new MqttError(ReasonCode.BadUserNameOrPassword);
    }
    this.#log(credentials, refused.reason);
    return this.#isSlowed(credentials) ? tooMany() : new MqttError(ReasonCode.ServerUnavailable);
  }

  async #unknown(credentials: Credentials, unknown: readonly Unknown[]): Promise<never> {
    for (const { pretend } of unknown) await pretend?.();
    throw this.#refuse({ outcome: "refused", reason: "unknown user" }, credentials);
  }

  #isSlowed({ address, username = "" }: Credentials): boolean {
    return this.#options.throttle.waitFor(address, username) > 0;
  }

  #fail(credentials: Credentials, reason: string): void {
    this.#options.throttle.failed(credentials.address, credentials.username ?? "");
    this.#log(credentials, reason);
  }

  #log({ address, clientId, username }: Credentials, reason: string): void {
    this.#options.logger.info({ clientId, username, remoteAddress: address, reason }, "login refused");
  }
}

function tooMany(): MqttError {
  return new MqttError(ReasonCode.ConnectionRateExceeded, { reasonString: "too many failed logins" });
}
