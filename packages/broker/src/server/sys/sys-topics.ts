/** Publishes the state of the broker under `$SYS/broker`, by the names that users of mosquitto know. */

import type { BrokerServices } from "../../handlers/context.ts";
import { Message } from "../../message.ts";
import type { Server } from "../../plugin/server.ts";
import type { WheelTimer } from "../../timer-wheel.ts";
import { LoadAverages } from "./load-averages.ts";

const PREFIX = "$SYS/broker";

export class SysTopics {
  readonly #server: Server;
  readonly #loads: LoadAverages = new LoadAverages();
  /** The last value of each topic: only what changed is published. */
  readonly #published: Map<string, string> = new Map();
  #startedAt = 0;
  #timer: WheelTimer | null = null;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Publishes now, and then every `sys.interval`; not at all when that is 0. */
  start(broker: BrokerServices): void {
    this.#startedAt = broker.clock.monotonic();
    const { interval } = broker.config.sys;
    if (interval === 0) return;
    const tick = (): void => {
      this.#publish(broker);
      this.#timer = broker.wheel.after(interval, tick);
    };
    tick();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #publish(broker: BrokerServices): void {
    const values = this.#values(broker);
    this.#loads.update(counters(broker), broker.clock.monotonic());
    for (const [name, value] of this.#loads.values()) values.set(name, value);
    for (const [name, value] of values) {
      if (this.#published.get(name) === value) continue;
      this.#published.set(name, value);
      const init = { topic: `${PREFIX}/${name}`, payload: value, retain: true };
      const message = Message.create(init, "", broker.clock.now());
      broker.retained.set(message); // made anew at every start: nothing for the store
      broker.router.publish(message);
    }
  }

  #values(broker: BrokerServices): Map<string, string> {
    const { config, clock, population, retained, sessions, traffic } = broker;
    const { messagesReceived, messagesSent, messagesDropped, received, sent } = traffic;
    const queued = population.queued + population.inflight;
    const dropped = Object.values(messagesDropped).reduce((total, counts) => total + sum(counts), 0);
    const values: [string, string | number][] = [
      ["version", `gmqtt ${this.#server.version}`],
      ["uptime", `${Math.floor((clock.monotonic() - this.#startedAt) / 1000)} seconds`],
      ["clients/total", sessions.size],
      ["clients/connected", population.active],
      ["clients/active", population.active],
      ["clients/disconnected", population.inactive],
      ["clients/inactive", population.inactive],
      ["clients/expired", population.sessionsTerminated.expired],
      ["clients/maximum", population.activeMaximum],
      ["messages/received", sum(received.packets)],
      ["messages/sent", sum(sent.packets)],
      ["messages/stored", retained.count + queued],
      ["messages/inflight", population.inflight],
      ["publish/messages/received", sum(messagesReceived)],
      ["publish/messages/sent", sum(messagesSent)],
      ["publish/messages/dropped", dropped],
      ["publish/bytes/received", received.bytes[3] ?? 0],
      ["publish/bytes/sent", sent.bytes[3] ?? 0],
      ["bytes/received", sum(received.bytes)],
      ["bytes/sent", sum(sent.bytes)],
      ["store/messages/count", retained.count + queued],
      ["store/messages/bytes", retained.bytes],
      ["retained messages/count", retained.count],
      ["subscriptions/count", population.subscriptionsCurrent],
      ["shared_subscriptions/count", broker.router.sharedSubscriptions],
      ["heap/current", process.memoryUsage().heapUsed],
      ["persistence", config.persistence.type],
    ];
    return new Map(values.map(([name, value]) => [name, String(value)]));
  }
}

/** What the load averages are made of, by mosquitto's names. */
function counters(broker: BrokerServices): Map<string, number> {
  const { population, traffic } = broker;
  const { messagesReceived, messagesSent, messagesDropped, received, sent } = traffic;
  return new Map([
    ["messages/received", sum(received.packets)],
    ["messages/sent", sum(sent.packets)],
    ["publish/received", sum(messagesReceived)],
    ["publish/sent", sum(messagesSent)],
    ["publish/dropped", Object.values(messagesDropped).reduce((total, counts) => total + sum(counts), 0)],
    ["bytes/received", sum(received.bytes)],
    ["bytes/sent", sum(sent.bytes)],
    ["sockets", population.connectionsAccepted],
    ["connections", population.connected],
  ]);
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
