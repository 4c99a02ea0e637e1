/** What a test works with: names of its own, connections to the broker it asked for, and assertions. */

import { setTimeout as delay } from "node:timers/promises";
import type { Brokers, Endpoint, Launched, ProfileName } from "../brokers/broker.ts";
import { connect as buildConnect, type ConnectOptions, type Version } from "../bytes/packets.ts";
import { Client, openTcp } from "../client/client.ts";
import type { Packet } from "../client/packet.ts";
import { stalledSince } from "../client/stalls.ts";
import { upgrade, WebSocketStream } from "../client/websocket.ts";

/** The broker does not offer what the test needs. */
export class NotApplicable extends Error {}

let counter = 0;
const run = Math.floor(Math.random() * 36 ** 4).toString(36);

/** One per test. */
export class TestContext {
  readonly version: Version;
  readonly endpoint: Endpoint;
  /** A topic that no other test uses; put levels behind it. */
  readonly topic: string;
  readonly #brokers: Brokers;
  readonly #clients: Client[] = [];
  readonly #launched: Launched[] = [];
  readonly #number: string;
  readonly #allowsStalls: boolean;
  #ids = 0;

  constructor(version: Version, endpoint: Endpoint, brokers: Brokers, allowsStalls: boolean) {
    this.version = version;
    this.#allowsStalls = allowsStalls;
    this.endpoint = endpoint;
    this.#brokers = brokers;
    counter++;
    this.#number = `${run}${counter.toString(36)}`;
    this.topic = `t${this.#number}`;
  }

  get five(): boolean {
    return this.version === 5;
  }

  /** Whether the broker is ours, and held to what we promise beyond the standard. */
  get ours(): boolean {
    return this.#brokers.ours;
  }

  /** A client identifier that no other test uses; letters and digits only, at most 23. */
  clientId(): string {
    this.#ids++;
    return `c${this.#number}x${this.#ids.toString(36)}`;
  }

  /** A connection on which nothing was sent yet. `options` are those of the CONNECT to come, for the client's own rules. */
  async open(options: ConnectOptions = {}, version: Version = this.version): Promise<Client> {
    const client = new Client(version, await openTcp(this.endpoint.host, this.endpoint.port), options);
    client.grace = this.#brokers.grace;
    this.#clients.push(client);
    return client;
  }

  /** A connection with its CONNECT sent. */
  async try(options: ConnectOptions = {}, version: Version = this.version): Promise<Client> {
    const full = { id: this.clientId(), ...options };
    const client = await this.open(full, version);
    client.send(buildConnect(version, full));
    return client;
  }

  /** A connected client; its CONNACK is in `connack`. */
  async connect(options: ConnectOptions = {}, version: Version = this.version): Promise<Client> {
    const client = await this.try(options, version);
    const connack = await client.next();
    if (connack.name !== "connack" || connack.code !== 0) throw new Error(`the broker answered ${connack.describe()}`);
    client.connack = connack;
    return client;
  }

  /** A CONNECT that has to be refused, with one of these codes if it says why. */
  async refuse(options: ConnectOptions, ...codes: readonly number[]): Promise<Client> {
    const client = await this.try(options);
    await client.refused(...codes);
    return client;
  }

  /** A WebSocket with subprotocol mqtt, on which no MQTT was sent yet. */
  async webSocket(): Promise<{ client: Client; stream: WebSocketStream }> {
    const { host, webSocketPort, webSocketPath = "/" } = this.endpoint;
    if (webSocketPort === undefined) throw new NotApplicable("no WebSocket address is known");
    const answer = await upgrade(host, webSocketPort, webSocketPath, "mqtt");
    this.equal(answer.status, 101, "HTTP status");
    const stream = new WebSocketStream(answer);
    const client = new Client(this.version, stream, { id: this.clientId() });
    this.#clients.push(client);
    return { client, stream };
  }

  /** A broker for this test alone, ended with it. */
  async launch(profile: ProfileName): Promise<Launched> {
    const launched = await this.#brokers.launch(profile);
    if (launched === undefined) throw new NotApplicable("a broker of its own cannot be started here");
    this.#launched.push(launched);
    return launched;
  }

  /** A connected client of another broker. */
  async connectTo(endpoint: Endpoint, options: ConnectOptions = {}): Promise<Client> {
    const full = { id: this.clientId(), ...options };
    const client = new Client(this.version, await openTcp(endpoint.host, endpoint.port), full);
    this.#clients.push(client);
    client.send(buildConnect(this.version, full));
    client.connack = await client.take("connack");
    this.equal(client.connack.code, 0, "CONNACK code");
    return client;
  }

  sleep(milliseconds: number): Promise<void> {
    return delay(milliseconds);
  }

  /** Ends the test as one that this broker has nothing to show for. */
  needs(condition: boolean, what: string): void {
    if (!condition) throw new NotApplicable(what);
  }

  equal<T>(actual: T, wanted: T, what: string): void {
    const [a, b] = [show(actual), show(wanted)];
    if (a !== b) throw new Error(`${what}: wanted ${b}, got ${a}`);
  }

  oneOf<T>(actual: T, wanted: readonly T[], what: string): void {
    if (!wanted.some((one) => show(one) === show(actual))) {
      throw new Error(`${what}: wanted one of ${wanted.map(show).join(" ")}, got ${show(actual)}`);
    }
  }

  ok(condition: boolean, what: string): void {
    if (!condition) throw new Error(what);
  }

  /** What began then (`Date.now()`) is over now, not before `least` milliseconds and not after `most`. */
  within(began: number, least: number, most: number, what: string): void {
    const took = Date.now() - began;
    this.ok(took >= least, `${what} after ${took} ms, not before ${least} ms`);
    const allowed = most + (this.#allowsStalls ? 2 * stalledSince(began) : 0);
    this.ok(took <= allowed, `${what} only after ${took} ms, ${Math.round(allowed)} ms are allowed`);
  }

  /** Sorted payloads, for messages whose order is free. */
  texts(packets: readonly Packet[]): string[] {
    return packets.map((packet) => packet.text).sort();
  }

  /** Closes everything; rejects when the broker broke a rule that the test did not look at. */
  async finish(): Promise<void> {
    for (const client of this.#clients) client.stream.destroy();
    for (const launched of this.#launched) await launched.stop();
    const failure = this.#clients.find((client) => client.failure !== undefined)?.failure;
    if (failure !== undefined) throw failure;
  }

  /** Closes everything, whatever it was. */
  abandon(): Promise<void> {
    return this.finish().catch(() => {});
  }
}

function show(value: unknown): string {
  if (Buffer.isBuffer(value)) return `<${value.toString("hex")}>`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
