/** Enhanced authentication with SCRAM-SHA-256 as a plugin (MQTT 5.0 section 4.12), re-authentication included. */

import { createHmac, randomBytes } from "node:crypto";
import { type AuthStep, type Client, MqttError, type Plugin, ReasonCode } from "@gmqtt/broker";
import { type Credentials, credentialsFor, ScramError, ScramExchange } from "./scram.ts";

const METHOD = "SCRAM-SHA-256";

/** Who may connect. */
export interface ScramOptions {
  /** Passwords by user name. A real plugin would keep what `credentialsFor` makes of them. */
  readonly passwords: Readonly<Record<string, string>>;
  /** Rounds of PBKDF2. Default: 4,096, the least that RFC 7677 allows. */
  readonly iterations?: number;
}

/** A plugin that lets in whoever proves by SCRAM-SHA-256 to know a password, and nobody else. */
export function scramPlugin({ passwords, iterations = 4_096 }: ScramOptions): Plugin {
  const users = new Map<string, Credentials>();
  const secret = randomBytes(32);
  const reAuthentications = new WeakMap<Client, ScramExchange>();

  /** Nobody's credentials look like somebody's, the same ones each time: an answer does not tell who exists. */
  function lookUp(username: string): Credentials {
    const salt = createHmac("sha256", secret).update(username).digest().subarray(0, 16);
    return users.get(username) ?? { salt, iterations, storedKey: randomBytes(32), serverKey: randomBytes(32) };
  }

  return {
    name: "scram",
    async load() {
      for (const [username, password] of Object.entries(passwords)) {
        users.set(username.normalize("NFKC"), await credentialsFor(password, randomBytes(16), iterations));
      }
    },
    unload() {
      users.clear();
    },
    hookWrapper: () => ({
      // CONNECT without an authentication method, 3.1.1 included.
      onBasicAuth: () => () => {
        throw new MqttError(ReasonCode.NotAuthorized, { reasonString: `${METHOD} is required` });
      },

      onEnhancedAuth: (next) => (client, request) => {
        if (request.method !== METHOD) return next(client, request);
        const exchange = refusing(() => new ScramExchange(text(request.data), lookUp));
        return {
          ...goOn(exchange),
          onAuth: (packet) => {
            const step = finish(exchange, packet.properties?.authenticationData);
            request.options.username = exchange.username; // other hooks see who it is
            return step;
          },
        };
      },

      onReAuth: (next) => (client, request) => {
        if (request.method !== METHOD) return next(client, request);
        if (request.packet.reasonCode === ReasonCode.ReAuthenticate) {
          const exchange = refusing(() => new ScramExchange(text(request.data), lookUp));
          if (exchange.username !== client.options.username) throw refusal("a client stays who it is");
          reAuthentications.set(client, exchange);
          return goOn(exchange);
        }
        const exchange = reAuthentications.get(client);
        if (exchange === undefined) throw refusal("no re-authentication is under way");
        reAuthentications.delete(client);
        return finish(exchange, request.data);
      },
    }),
  };
}

function goOn(exchange: ScramExchange): AuthStep {
  return { continue: true, authData: Buffer.from(exchange.serverFirst) };
}

function finish(exchange: ScramExchange, data: Uint8Array | undefined): AuthStep {
  return { continue: false, authData: Buffer.from(refusing(() => exchange.final(text(data)))) };
}

function text(data: Uint8Array | undefined): string {
  return Buffer.from(data ?? []).toString();
}

/** The client learns that it was refused, not why. */
function refusing<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof ScramError ? refusal(error) : error;
  }
}

function refusal(cause: unknown): MqttError {
  return new MqttError(ReasonCode.NotAuthorized, { cause });
}
