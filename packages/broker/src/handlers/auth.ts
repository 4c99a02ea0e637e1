/** Re-authentication of a connected client (MQTT 5.0 section 4.12.1). */

import { type AuthPacket, MqttError, ProtocolError, ReasonCode } from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import type { AuthStep } from "../hooks/hooks.ts";
import type { ClientContext } from "./context.ts";

/** One per connection: knows whether a re-authentication is under way. */
export class ReAuthentication {
  #running = false;

  handle(context: ClientContext, packet: AuthPacket): Awaitable<void> {
    const method = context.options.authenticationMethod;
    if (method === undefined) {
      throw new ProtocolError(ReasonCode.ProtocolError, "AUTH without an authentication method in CONNECT");
    }
    if (packet.properties?.authenticationMethod !== method) {
      throw new ProtocolError(ReasonCode.ProtocolError, "authentication method differs from that of CONNECT");
    }
    const starts = packet.reasonCode === ReasonCode.ReAuthenticate;
    if (starts === this.#running) throw new ProtocolError(ReasonCode.ProtocolError, "AUTH out of turn");
    const hook = context.broker.hooks.onReAuth;
    if (hook === undefined) throw new ProtocolError(ReasonCode.NotAuthorized, "re-authentication is not supported");
    this.#running = true;
    const data = packet.properties.authenticationData;
    try {
      const step = hook(context.view, { packet, method, data });
      if (!isPromise(step)) return this.#answer(context, method, step);
      return step.then(
        (settled) => this.#answer(context, method, settled),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(context: ClientContext, method: string, step: AuthStep | MqttError): void {
    if (step instanceof MqttError) this.#fail(step);
    this.#running = step.continue;
    context.connection.send({
      type: 15,
      reasonCode: step.continue ? ReasonCode.ContinueAuthentication : ReasonCode.Success,
      properties: {
        authenticationMethod: method,
        ...(step.authData === undefined ? {} : { authenticationData: step.authData }),
      },
    });
  }

  /** A failed re-authentication ends the connection. */
  #fail(error: unknown): never {
    if (!(error instanceof MqttError)) throw error;
    const { reasonCode } = error;
    const code = reasonCode === ReasonCode.BadAuthenticationMethod ? ReasonCode.NotAuthorized : reasonCode;
    throw new ProtocolError(code, error.message, { cause: error });
  }
}
