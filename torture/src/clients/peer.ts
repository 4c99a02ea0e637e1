/** One MQTT client that wants to be connected: it comes back after whatever happened, and remembers its session. */

import { connect, type Socket } from "node:net";
import {
  type ConnackPacket,
  type ConnectPacket,
  Decoder,
  encode,
  type Packet,
  PacketType,
  type ProtocolVersion,
} from "@gmqtt/packets";
import type { Judge } from "../checker/judge.ts";
import type { Random } from "../random.ts";

/** No CONNACK within this time: try again. Milliseconds. */
const PATIENCE = 4000;
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 400;
/** Seconds that a persistent session outlives its connection. */
const EXPIRY = 80_000;

/** What every client is given. */
export interface PeerOptions {
  readonly port: number;
  readonly clientId: string;
  readonly version: ProtocolVersion;
  /** Persistent: the session goes on over connections. */
  readonly persistent: boolean;
  readonly random: Random;
  readonly judge: Judge;
}

export abstract class Peer {
  readonly options: PeerOptions;
  #socket: Socket | undefined;
  #connected = false;
  #stopped = false;
  /** The broker has told us that it holds a session. */
  #hasSession = false;
  #wakers: (() => void)[] = [];
  /** Not to come back before this moment. */
  #awayUntil = 0;

  constructor(options: PeerOptions) {
    this.options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Connects, and goes on doing so. */
  start(): void {
    this.#stopped = false;
    this.#connect();
  }

  /** Resolves once it is connected. */
  whenConnected(): Promise<void> {
    if (this.#connected) return Promise.resolve();
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  /** Ends the connection as a crash or a lost network does; it comes back. */
  drop(): void {
    this.#socket?.resetAndDestroy();
  }

  /** As `drop`, and stays away for so many milliseconds; forever until `comeBack`, if that is Infinity. */
  stayAway(milliseconds: number): void {
    this.#awayUntil = Date.now() + milliseconds;
    this.drop();
  }

  comeBack(): void {
    this.#awayUntil = 0;
    if (!this.#connected) this.#connect();
  }

  /** Connects once more while connected, as a client does that has not noticed that its connection is dead. */
  takeOver(): void {
    if (this.#connected) this.#connect();
  }

  /** Says goodbye properly, and comes back. */
  leave(): void {
    if (!this.#connected) return;
    this.send({ type: PacketType.Disconnect, reasonCode: 0 });
    this.#socket?.end();
  }

  /** Says goodbye and stays away. */
  stop(): void {
    this.#stopped = true;
    if (this.#connected) this.send({ type: PacketType.Disconnect, reasonCode: 0 });
    this.#socket?.end();
    this.#connected = false;
  }

  protected send(packet: Packet): void {
    this.#socket?.write(encode(packet, this.options.version));
  }

  /** CONNACK came with success. */
  protected abstract onConnected(sessionPresent: boolean): void;

  protected abstract onPacket(packet: Packet): void;

  protected onDisconnected(): void {}

  /** What goes into CONNECT besides the usual. */
  protected connectFields(): Partial<ConnectPacket> {
    return {};
  }

  #connect(): void {
    if (this.#stopped) return;
    const { clientId, persistent, port, version } = this.options;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const decoder = new Decoder({ from: "server", version });
    this.#socket = socket; // what another one still says is not heard any more
    if (this.#connected) this.#lost();
    const timer = setTimeout(() => socket.destroy(), PATIENCE);
    socket.on("connect", () => {
      const packet: ConnectPacket = {
        type: PacketType.Connect,
        protocolVersion: version,
        cleanStart: !persistent,
        keepAlive: 0,
        clientId,
        ...(version === 5 && persistent ? { properties: { sessionExpiryInterval: EXPIRY } } : {}),
        ...this.connectFields(),
      };
      socket.write(encode(packet, version));
    });
    socket.on("data", (chunk) => {
      if (socket !== this.#socket) return;
      decoder.push(chunk);
      for (let packet = decoder.next(); packet !== null; packet = decoder.next()) {
        if (socket !== this.#socket) return;
        if (this.#connected) this.onPacket(packet);
        else {
          clearTimeout(timer);
          this.#greeted(packet as ConnackPacket, socket);
        }
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      if (socket !== this.#socket) return;
      if (this.#connected) this.#lost();
      if (this.#awayUntil === Number.POSITIVE_INFINITY) return;
      const pause = this.options.random.between(SHORTEST_PAUSE, LONGEST_PAUSE);
      const wait = Math.max(pause, this.#awayUntil - Date.now());
      setTimeout(() => {
        if (socket === this.#socket) this.#connect();
      }, wait);
    });
  }

  #greeted(connack: ConnackPacket, socket: Socket): void {
    const { clientId, judge, persistent } = this.options;
    if (connack.type !== PacketType.Connack || connack.reasonCode !== 0) {
      judge.refusals++;
      socket.destroy();
      return;
    }
    if (persistent && this.#hasSession) judge.check("sessions");
    if (persistent && this.#hasSession && !connack.sessionPresent) {
      judge.violation("sessions", `session ${clientId} was acknowledged and is gone`);
    }
    if (connack.sessionPresent) judge.resumes++;
    this.#hasSession = persistent;
    this.#connected = true;
    this.onConnected(connack.sessionPresent);
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #lost(): void {
    this.#connected = false;
    this.onDisconnected();
  }
}
