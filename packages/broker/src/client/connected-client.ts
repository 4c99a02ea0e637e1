/** A client whose CONNECT was accepted: what was agreed, what it works with, and which handler each packet goes to. */

import {
  type Packet,
  PacketType,
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
  type ReceivedPublish,
} from "@gmqtt/packets";
import type { Awaitable } from "../awaitable.ts";
import type { Connection } from "../connection/connection.ts";
import { handlePuback, handlePubcomp, handlePubrec, handlePubrel } from "../handlers/acknowledge.ts";
import { ReAuthentication } from "../handlers/auth.ts";
import type { BrokerServices, ClientContext } from "../handlers/context.ts";
import { handleDisconnect } from "../handlers/disconnect.ts";
import { IncomingAliases } from "../handlers/incoming-aliases.ts";
import { handlePublish } from "../handlers/publish.ts";
import { handleSubscribe } from "../handlers/subscribe.ts";
import { handleUnsubscribe } from "../handlers/unsubscribe.ts";
import type { Outgoing } from "../session/outgoing.ts";
import type { Session } from "../session/session.ts";
import type { ClientOptions, Client as ClientView } from "./client-view.ts";
import { KeepAlive } from "./keep-alive.ts";
import { PublishSender } from "./publish-sender.ts";
import { RateLimit } from "./rate-limit.ts";

/** What a connected client is made of. */
export interface ConnectedClientOptions {
  readonly broker: BrokerServices;
  readonly connection: Connection;
  readonly view: ClientView;
  readonly session: Session;
  readonly options: ClientOptions;
  /** The largest session expiry interval this client may have, in seconds. */
  readonly sessionExpiryLimit: number;
  /** A packet is being waited for; the client can't be heard meanwhile. */
  readonly isBusy: () => boolean;
  readonly onSilent: () => void;
  readonly onLeave: ClientContext["leave"];
}

export class ConnectedClient implements ClientContext {
  readonly broker: BrokerServices;
  readonly connection: Connection;
  readonly view: ClientView;
  readonly session: Session;
  readonly outgoing: Outgoing;
  readonly options: ClientOptions;
  readonly version: ProtocolVersion;
  readonly aliases: IncomingAliases;
  readonly sessionExpiryLimit: number;
  readonly leave: ClientContext["leave"];
  checkedTopic = "";
  readonly #keepAlive: KeepAlive;
  readonly #rate: RateLimit | null;
  readonly #reAuthentication: ReAuthentication = new ReAuthentication();
  /** Identifiers of QoS 2 messages from before this connection, that wait for PUBREL. */
  readonly #carried: Set<number> | null;

  constructor(made: ConnectedClientOptions) {
    const { broker, connection, options, session } = made;
    this.broker = broker;
    this.connection = connection;
    this.view = made.view;
    this.session = session;
    this.outgoing = session.outgoing;
    this.options = options;
    this.version = connection.version;
    this.aliases = new IncomingAliases(options.topicAliasMax);
    this.sessionExpiryLimit = made.sessionExpiryLimit;
    this.leave = made.onLeave;
    this.#carried = session.incoming.size > 0 ? new Set(session.incoming) : null;
    const monotonic = (): number => broker.clock.monotonic();
    const { publishBytesRate, publishRate } = broker.config.limits;
    const limited = publishRate > 0 || publishBytesRate > 0;
    const onHit = (key: string): void => broker.population.limitHit(key);
    this.#rate = limited ? new RateLimit(publishRate, publishBytesRate, monotonic, onHit) : null;
    const heardAt = (): number => connection.arrivedAt;
    this.#keepAlive = new KeepAlive(options.keepAlive, broker.wheel, monotonic, heardAt, made.isBusy, made.onSilent);
  }

  get unfinished(): number {
    // A PUBACK ends a message when it leaves, a PUBREC does not: that is in `incoming` until PUBREL.
    const carried = this.#carried === null ? 0 : this.#carried.size;
    return this.session.incoming.size - carried + this.connection.heldPubacks;
  }

  forgetCarried(packetId: number): void {
    if (this.#carried !== null) this.#carried.delete(packetId);
  }

  charge(bytes: number): void {
    if (this.#rate !== null) this.#rate.charge(bytes);
  }

  /** Starts sending what the session owes. */
  resume(): void {
    const { broker, connection, options, view } = this;
    const { onDelivered } = broker.hooks;
    const sender = new PublishSender(connection.output, {
      version: this.version,
      window: options.maxInflight,
      maximumPacketSize: options.clientMaxPacketSize,
      topicAliasMaximum: broker.config.mqtt.outgoingTopicAliases ? options.clientTopicAliasMax : 0,
      now: () => broker.clock.now(),
      since: broker.clock.monotonic(),
      maxUnsentBytes: () => broker.config.limits.maxUnsentBytes,
      onSent: onDelivered === undefined ? undefined : (message) => void onDelivered(view, message),
    });
    this.session.resume(sender);
  }

  /** The connection has ended. */
  stop(): void {
    this.#keepAlive.stop();
  }

  handle(packet: Packet): Awaitable<void> {
    switch (packet.type) {
      case PacketType.Publish:
        return handlePublish(this, packet as ReceivedPublish);
      case PacketType.Puback:
        return handlePuback(this, packet);
      case PacketType.Pubrec:
        return handlePubrec(this, packet);
      case PacketType.Pubrel:
        return handlePubrel(this, packet);
      case PacketType.Pubcomp:
        return handlePubcomp(this, packet);
      case PacketType.Subscribe:
        return handleSubscribe(this, packet);
      case PacketType.Unsubscribe:
        return handleUnsubscribe(this, packet);
      case PacketType.Pingreq:
        this.connection.send({ type: PacketType.Pingresp }); // [MQTT-3.12.4-1]
        return;
      case PacketType.Disconnect:
        return handleDisconnect(this, packet);
      case PacketType.Auth:
        return this.#reAuthentication.handle(this, packet);
      case PacketType.Connect:
        throw new ProtocolError(ReasonCode.ProtocolError, "a second CONNECT"); // [MQTT-3.1.0-2]
      default:
        throw new ProtocolError(ReasonCode.ProtocolError, "a packet that only servers send");
    }
  }
}
