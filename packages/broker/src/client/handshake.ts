/** From a CONNECT to a CONNACK (MQTT 5.0 section 3.1.4), over the AUTH packets between them where the client asks for that. */

import { isUtf8 } from "node:buffer";
import {
  type AuthPacket,
  type ConnectPacket,
  isValidTopicName,
  MqttError,
  ProtocolError,
  ReasonCode,
} from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import type { BrokerServices } from "../handlers/context.ts";
import { topicRefusal } from "../handlers/publish.ts";
import type { EnhancedAuthStep } from "../hooks/hooks.ts";
import { Message, type MessageProperties } from "../message.ts";
import type { PendingWill } from "../session/session.ts";
import type { AuthOptions, Client } from "./client-view.ts";
import { defaultAuthOptions } from "./negotiation.ts";

/** A CONNECT that may be answered with success. */
export interface AcceptedConnect {
  /** The client's own identifier, or the one it is given. */
  readonly clientId: string;
  readonly connect: ConnectPacket;
  readonly allowed: AuthOptions;
  /** Authentication Data for the CONNACK. */
  readonly authData: Uint8Array | undefined;
  readonly will: PendingWill | undefined;
}

/** What the handshake does with the connection. */
export interface HandshakePeer {
  readonly view: Client;
  sendAuth(packet: AuthPacket): void;
  /** A client identifier that nobody has. */
  assignClientId(): string;
  /** Authentication is through: open the session, answer. */
  accept(accepted: AcceptedConnect): void;
}

export class Handshake {
  readonly #broker: BrokerServices;
  readonly #peer: HandshakePeer;
  readonly #connect: ConnectPacket;
  readonly #allowed: AuthOptions;
  #onAuth: EnhancedAuthStep["onAuth"];

  constructor(broker: BrokerServices, peer: HandshakePeer, connect: ConnectPacket) {
    this.#broker = broker;
    this.#peer = peer;
    this.#connect = connect;
    this.#allowed = defaultAuthOptions(connect, broker.config, peer.view.connection.certificateUsername);
  }

  /** Throws `MqttError` (also by rejecting) when the client is refused. */
  start(): Awaitable<void> {
    this.#checkClientId();
    const method = this.#connect.properties?.authenticationMethod;
    return method === undefined ? this.#basic() : this.#enhanced(method);
  }

  /** An AUTH packet of the client, while authentication goes on. */
  auth(packet: AuthPacket): Awaitable<void> {
    const onAuth = this.#onAuth;
    const method = this.#connect.properties?.authenticationMethod;
    if (onAuth === undefined || packet.reasonCode !== ReasonCode.ContinueAuthentication) {
      throw new ProtocolError(ReasonCode.ProtocolError, "AUTH out of turn");
    }
    if (packet.properties?.authenticationMethod !== method) {
      throw new ProtocolError(ReasonCode.ProtocolError, "authentication method differs from that of CONNECT");
    }
    return this.#follow(() => onAuth(packet));
  }

  #basic(): Awaitable<void> {
    const { onBasicAuth } = this.#broker.hooks;
    if (onBasicAuth === undefined) return this.#accept(undefined);
    const { population } = this.#broker;
    const request = { connect: this.#connect, options: this.#allowed };
    return counted(
      population,
      () => onBasicAuth(this.#peer.view, request),
      () => {
        population.authenticationSucceeded++;
        this.#accept(undefined);
      },
    );
  }

  #enhanced(method: string): Awaitable<void> {
    const { onEnhancedAuth } = this.#broker.hooks;
    if (onEnhancedAuth === undefined) throw new MqttError(ReasonCode.BadAuthenticationMethod);
    const data = this.#connect.properties?.authenticationData;
    const request = { connect: this.#connect, options: this.#allowed, method, data };
    return this.#follow(() => onEnhancedAuth(this.#peer.view, request));
  }

  #follow(ask: () => Awaitable<EnhancedAuthStep | MqttError>): Awaitable<void> {
    return counted(this.#broker.population, ask, (step) => this.#step(step));
  }

  #step(step: EnhancedAuthStep | MqttError): void {
    if (step instanceof MqttError) throw step;
    if (!step.continue) {
      this.#broker.population.authenticationSucceeded++;
      this.#accept(step.authData);
      return;
    }
    this.#onAuth = step.onAuth ?? this.#onAuth;
    this.#peer.sendAuth({
      type: 15,
      reasonCode: ReasonCode.ContinueAuthentication,
      properties: {
        authenticationMethod: this.#connect.properties?.authenticationMethod as string,
        ...(step.authData === undefined ? {} : { authenticationData: step.authData }),
      },
    });
  }

  #accept(authData: Uint8Array | undefined): void {
    const connect = this.#connect;
    const allowed = this.#allowed;
    const clientId =
      connect.clientId === "" ? (allowed.assignedClientId ?? this.#peer.assignClientId()) : connect.clientId;
    this.#peer.accept({ clientId, connect, allowed, authData, will: this.#will(clientId) });
  }

  /** [MQTT-3.1.3-5] to [MQTT-3.1.3-8]; 3.1.1 [MQTT-3.1.3-7] to [MQTT-3.1.3-9]. */
  #checkClientId(): void {
    const { clientId, cleanStart, protocolVersion } = this.#connect;
    const { config, population } = this.#broker;
    if (clientId === "") {
      const possible = protocolVersion === 5 || (protocolVersion === 4 && cleanStart);
      if (possible && config.mqtt.allowZeroLengthClientid) return;
      throw new MqttError(ReasonCode.ClientIdentifierNotValid);
    }
    const { maxClientidLength } = config.limits;
    if (clientId.length * 3 <= maxClientidLength || Buffer.byteLength(clientId) <= maxClientidLength) return;
    population.limitHit("limits.max_clientid_length");
    const reasonString = `client identifier is longer than ${maxClientidLength} bytes`;
    throw new MqttError(ReasonCode.ClientIdentifierNotValid, { reasonString });
  }

  /** The will, once it is known what the client may publish [MQTT-3.2.2-12] [MQTT-3.2.2-13]. */
  #will(clientId: string): PendingWill | undefined {
    const { will } = this.#connect;
    if (will === undefined) return undefined;
    if (will.qos > this.#allowed.maximumQoS) throw new MqttError(ReasonCode.QoSNotSupported);
    if (will.retain && !this.#allowed.retainAvailable) throw new MqttError(ReasonCode.RetainNotSupported);
    if (!isValidTopicName(will.topic)) throw new MqttError(ReasonCode.TopicNameInvalid);
    const refusal = topicRefusal(this.#broker, will.topic);
    if (refusal !== undefined) throw refusal;
    if (will.properties?.payloadFormatIndicator === 1 && !isUtf8(will.payload)) {
      throw new MqttError(ReasonCode.PayloadFormatInvalid);
    }
    const { willDelayInterval = 0, ...properties } = will.properties ?? {};
    const init = { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos, retain: will.retain };
    const message = Message.create(
      { ...init, ...(will.properties === undefined ? {} : { properties: ownCopy(properties) }) },
      clientId,
      this.#broker.clock.now(),
    );
    return { message, delayInterval: willDelayInterval, dueAt: undefined };
  }
}

/** A will is kept: it must not pin the buffer that the CONNECT was read into. */
function ownCopy(properties: MessageProperties): MessageProperties {
  const { correlationData } = properties;
  return correlationData === undefined ? properties : { ...properties, correlationData: Buffer.from(correlationData) };
}

/** Asks a hook and goes on with its answer; what it throws counts as a failed authentication. */
function counted<T>(
  population: BrokerServices["population"],
  ask: () => Awaitable<T>,
  proceed: (answer: T) => void,
): Awaitable<void> {
  let answer: Awaitable<T>;
  try {
    answer = ask();
  } catch (error) {
    population.authenticationFailed++;
    throw error;
  }
  if (!isPromise(answer)) return proceed(answer);
  return answer.then(proceed, (error: unknown) => {
    population.authenticationFailed++;
    throw error;
  });
}
