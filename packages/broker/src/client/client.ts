/** One connection that speaks MQTT: which packet may come now, who handles it, and the one place where errors end. */

import {
  type AuthPacket,
  type ConnectPacket,
  type DecoderLimit,
  type DisconnectPacket,
  LimitExceededError,
  MqttError,
  type Packet,
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
} from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import { Connection, type ConnectionOwner, type ConnectionShared } from "../connection/connection.ts";
import type { BrokerServices } from "../handlers/context.ts";
import { LARGEST_CONNECT, type Transport } from "../listeners/transport.ts";
import type { Session } from "../session/session.ts";
import { TrafficCounters } from "../stats/stats.ts";
import type { WheelTimer } from "../timer-wheel.ts";
import type { Placed } from "../turnover.ts";
import { connackFor, disconnectFor } from "./answers.ts";
import { ClientHandle } from "./client-handle.ts";
import { assignClientId } from "./client-id.ts";
import type { ClientRegistry } from "./client-registry.ts";
import type { ClientOptions, Client as ClientView } from "./client-view.ts";
import { ConnectedClient } from "./connected-client.ts";
import { type AcceptedConnect, Handshake, type HandshakePeer } from "./handshake.ts";
import { connackProperties, defaultAuthOptions, negotiate } from "./negotiation.ts";

/** What a client needs of the broker. */
export interface ClientEnvironment {
  readonly broker: BrokerServices;
  readonly shared: ConnectionShared;
  readonly clients: ClientRegistry;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
  /** The transport is gone; told once. */
  readonly onGone: (client: Client) => void;
}

/** waiting: for CONNECT. authenticating: between CONNECT and CONNACK. gone: nothing is handled any more. */
type State = "waiting" | "authenticating" | "connected" | "gone";

/** What is known of a client that has not introduced itself. */
const UNKNOWN: ClientOptions = {
  clientId: "",
  username: undefined,
  cleanStart: true,
  keepAlive: 0,
  sessionExpiry: 0,
  receiveMax: 0,
  maximumQoS: 0,
  maxPacketSize: 0,
  topicAliasMax: 0,
  retainAvailable: false,
  wildcardSubAvailable: false,
  subIdAvailable: false,
  sharedSubAvailable: false,
  maxInflight: 0,
  clientMaxPacketSize: 0,
  clientTopicAliasMax: 0,
  requestProblemInformation: false,
  authenticationMethod: undefined,
};

/** Where the decoder's limits stand in the configuration. */
const LIMIT_KEYS: Readonly<Record<DecoderLimit, string>> = {
  maximumPacketSize: "mqtt.max_packet_size",
  maximumUserProperties: "limits.max_user_properties",
  maximumFilters: "limits.max_filters_per_packet",
};

/** The largest packet the protocol has: header and all. */
const PROTOCOL_LIMIT = 268435460;

export class Client implements ConnectionOwner, HandshakePeer, Placed {
  place = -1;
  readonly broker: BrokerServices;
  readonly connection: Connection;
  readonly view: ClientView;
  readonly #environment: ClientEnvironment;
  #state: State = "waiting";
  #busy = false;
  #handshake: Handshake | null = null;
  #options: ClientOptions = UNKNOWN;
  #connected: ConnectedClient | null = null;
  readonly #connectTimer: WheelTimer;
  #connectedAt = 0;

  constructor(transport: Transport, environment: ClientEnvironment) {
    const { broker, shared } = environment;
    const { limits, mqtt } = broker.config;
    this.#environment = environment;
    this.broker = broker;
    this.connection = new Connection(
      transport,
      shared,
      {
        maxPacketSize: Math.min(packetLimit(mqtt.maxPacketSize), LARGEST_CONNECT),
        maxUserProperties: limits.maxUserProperties,
        maxFilters: limits.maxFiltersPerPacket,
        maxUnsentBytes: limits.maxUnsentBytesHard,
      },
      new TrafficCounters(),
      this,
    );
    this.view = new ClientHandle(this);
    this.#connectTimer = broker.wheel.after(mqtt.connectTimeout, () => {
      broker.population.limitHit("mqtt.connect_timeout");
      this.#depart(false, new Error(`no CONNECT within ${mqtt.connectTimeout} ms`));
      this.connection.end();
    });
  }

  /** Starts reading. */
  start(): void {
    this.connection.start();
  }

  get version(): ProtocolVersion {
    return this.connection.version;
  }

  /** Milliseconds since 1970; 0 before the CONNECT was accepted. */
  get connectedAt(): number {
    return this.#connectedAt;
  }

  get options(): ClientOptions {
    return this.#options;
  }

  /** null before the CONNECT was accepted. */
  get session(): Session | null {
    return this.#connected === null ? null : this.#connected.session;
  }

  onReadable(): void {
    if (!this.#busy) this.#run();
  }

  onWritable(): void {
    this.session?.outgoing.pump();
  }

  onOverflow(): void {
    this.broker.population.limitHit("limits.max_unsent_bytes_hard");
    this.#depart(false, new Error("client does not read, too much is unsent"));
    this.connection.destroy();
  }

  onClosed(error: Error | undefined): void {
    if (this.#state !== "gone") this.#depart(false, error ?? new Error("connection closed by the client"));
    this.connection.end();
    if (this.connection.closed) this.#environment.onGone(this);
  }

  /** A normal or announced end by the client itself, unless `error` says otherwise. */
  #leave(normal: boolean, error: Error | undefined): void {
    this.#depart(normal, normal ? undefined : (error ?? new Error("disconnected by the client, with its will")));
    if (error === undefined) this.connection.leave();
    else this.connection.end();
  }

  /** Ends the connection from our side; the will goes out. `packet` is for 5.0 clients. */
  terminate(packet: DisconnectPacket | undefined, error: Error): void {
    if (this.#state === "gone") return;
    // No DISCONNECT before CONNACK [MQTT-3.14.0-1].
    const tell = packet !== undefined && this.#state === "connected" && this.version === 5;
    this.#depart(false, error);
    if (tell) this.connection.send(packet);
    this.connection.end();
  }

  /** Another connection uses this client identifier [MQTT-3.1.4-3]. */
  takeOver(): void {
    const reasonCode = ReasonCode.SessionTakenOver;
    this.terminate({ type: PacketType.Disconnect, reasonCode }, new Error("session taken over"));
  }

  sendAuth(packet: AuthPacket): void {
    this.connection.send(packet);
  }

  assignClientId(): string {
    const { clients, random } = this.#environment;
    return assignClientId(random, (id) => clients.get(id) !== undefined || this.broker.sessions.get(id) !== undefined);
  }

  accept(accepted: AcceptedConnect): void {
    if (this.#state === "gone") return;
    const { allowed, authData, clientId, connect, will } = accepted;
    const { broker, connection } = this;
    const options = negotiate(connect, clientId, allowed);
    broker.sessions.assertStorable(clientId, { expiryInterval: options.sessionExpiry, will });
    this.#environment.clients.get(clientId)?.takeOver();
    const { session, present } = broker.sessions.open(clientId, connect.cleanStart, {
      protocolVersion: connect.protocolVersion,
      username: options.username,
      expiryInterval: options.sessionExpiry,
      will,
      maxInflight: options.maxInflight,
    });
    this.#options = options;
    this.#handshake = null;
    this.#state = "connected";
    this.#connectTimer.cancel();
    // Nobody else would notice that the machine of a client without keep alive has vanished.
    if (options.keepAlive === 0) connection.transport.probe?.();
    connection.limitOutput(options.clientMaxPacketSize, options.requestProblemInformation);
    connection.decoder.maximumPacketSize = packetLimit(options.maxPacketSize);
    connection.transport.liftConnectLimit?.();
    const connected = this.#makeConnected(session, options, allowed.sessionExpiry);
    this.#connected = connected;
    this.#environment.clients.add(this);
    broker.population.connected++;
    const properties = connackProperties(connect, options, allowed, authData);
    const sessionPresent = present && connect.protocolVersion !== 3;
    const told = connection.send({ type: PacketType.Connack, sessionPresent, reasonCode: 0, properties }, true);
    if (!told) {
      this.terminate(undefined, new Error("CONNACK exceeds the client's maximum packet size"));
      return;
    }
    this.#connectedAt = broker.clock.now();
    if (present) broker.hooks.onSessionResumed?.(this.view);
    else broker.hooks.onSessionCreated?.(this.view);
    broker.hooks.onConnected?.(this.view);
    this.#logConnected(present);
    connected.resume();
  }

  #makeConnected(session: Session, options: ClientOptions, sessionExpiryLimit: number): ConnectedClient {
    const { broker, connection, view } = this;
    return new ConnectedClient({
      broker,
      connection,
      view,
      session,
      options,
      sessionExpiryLimit,
      isBusy: () => this.#busy,
      onSilent: () => {
        const packet = { type: PacketType.Disconnect, reasonCode: ReasonCode.KeepAliveTimeout };
        this.terminate(packet, new Error(`nothing received for 1.5 times the keep alive of ${options.keepAlive} s`));
      },
      onLeave: (normal, error) => this.#leave(normal, error),
    });
  }

  /** Works off the packets that are there. One that has to wait makes those behind it wait too. */
  #run(): void {
    try {
      while (this.#state !== "gone") {
        const packet = this.connection.next();
        if (packet === null) return;
        const result = this.#connected !== null ? this.#connected.handle(packet) : this.#greet(packet);
        if (isPromise(result)) {
          this.#wait(result);
          return;
        }
        if (this.#environment.shared.scheduler.afterPacket() && this.connection.postpone()) return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #wait(pending: Promise<void>): void {
    this.#setBusy(true);
    pending.then(
      () => {
        this.#setBusy(false);
        this.#run();
      },
      (error: unknown) => {
        this.#setBusy(false);
        this.#fail(error);
      },
    );
  }

  #setBusy(busy: boolean): void {
    this.#busy = busy;
    this.connection.busy = busy;
  }

  /** Before the CONNACK: first CONNECT, then nothing but AUTH [MQTT-3.1.0-1] [MQTT-3.1.2-30]. */
  #greet(packet: Packet): Awaitable<void> {
    if (packet.type === PacketType.Connect && this.#state === "waiting") return this.#begin(packet);
    if (packet.type === PacketType.Auth && this.#handshake !== null) return this.#handshake.auth(packet);
    if (packet.type === PacketType.Disconnect && this.#state === "authenticating") return this.#leave(false, undefined);
    throw new ProtocolError(ReasonCode.ProtocolError, "a packet before the connection was accepted");
  }

  #begin(connect: ConnectPacket): Awaitable<void> {
    this.#state = "authenticating";
    this.connection.version = connect.protocolVersion;
    // What hooks see of the client until the options are settled.
    const { certificateUsername } = this.connection.transport.info;
    const allowed = defaultAuthOptions(connect, this.broker.config, certificateUsername);
    this.#options = negotiate(connect, connect.clientId, allowed);
    this.connection.limitOutput(this.#options.clientMaxPacketSize, this.#options.requestProblemInformation);
    this.#handshake = new Handshake(this.broker, this, connect);
    return this.#handshake.start();
  }

  /** The one catch of a connection: everything that went wrong ends here, and only this client feels it. */
  #fail(error: unknown): void {
    if (this.#state === "gone") return;
    const { broker, connection } = this;
    if (!(error instanceof MqttError)) {
      broker.population.internalErrors++;
      broker.logger.error({ err: error, clientId: this.#options.clientId }, "internal error, client disconnected");
    }
    if (error instanceof LimitExceededError) broker.population.limitHit(LIMIT_KEYS[error.limit]);
    if (this.#state === "connected") {
      this.terminate(disconnectFor(error), error as Error);
      return;
    }
    const refusal = connackFor(error, connection.decoder.version);
    this.#depart(false, error as Error);
    if (refusal !== undefined) {
      connection.version = refusal.version;
      connection.send(refusal.packet);
    }
    connection.end();
  }

  /** Lets go of session and timers; the connection may have something to say yet. */
  #depart(normal: boolean, error: Error | undefined): void {
    const { broker } = this;
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#connectTimer.cancel();
    const fields = {
      clientId: this.#options.clientId,
      remoteAddress: this.connection.transport.info.remoteAddress,
      reason: error?.message,
    };
    if (this.#connected === null) {
      if (this.#handshake !== null) broker.logger.info(fields, "client refused");
      else broker.logger.debug(fields, "connection closed before CONNECT");
    } else {
      broker.population.disconnected++;
      this.#connected.stop();
      this.#environment.clients.remove(this);
      broker.sessions.leave(this.#connected.session, normal);
      broker.logger.info(fields, "client disconnected");
    }
    if (this.#options !== UNKNOWN) broker.hooks.onClosed?.(this.view, error);
  }

  #logConnected(sessionPresent: boolean): void {
    const { clientId, keepAlive, username } = this.options;
    const { listener, remoteAddress } = this.connection.transport.info;
    const fields = { clientId, username, remoteAddress, listener, version: this.version, keepAlive, sessionPresent };
    this.broker.logger.info(fields, "client connected");
  }
}

/** A limit above what the protocol allows is none. */
function packetLimit(configured: number): number {
  return configured >= 268435455 ? PROTOCOL_LIMIT : configured;
}
