/** A session as the rooms see it: a store in memory around it, and a link that takes everything. */
import { resolveConfig, silentLogger, systemClock } from "../../packages/broker/dist/index.js";
import { Message } from "../../packages/broker/dist/message.js";
import { Journal } from "../../packages/broker/dist/persistence/journal.js";
import { createMemoryPersistence } from "../../packages/broker/dist/persistence/memory.js";
import { Outgoing } from "../../packages/broker/dist/session/outgoing.js";
import { PopulationCounters } from "../../packages/broker/dist/stats/stats.js";

const config = resolveConfig({ listeners: [] });
const persistence = createMemoryPersistence();
const journal = new Journal({
  persistence,
  clock: systemClock,
  logger: silentLogger,
  schedule: () => {},
  maxPending: () => Number.POSITIVE_INFINITY,
});

/** What a session sends; `drops` says how many messages it did not take. */
export function makeSession() {
  const drops = { count: 0 };
  const dropped = () => drops.count++;
  const population = new PopulationCounters();
  const services = { config, clock: systemClock, logger: silentLogger, journal, persistence, population, dropped };
  return { drops, outgoing: new Outgoing("client", services) };
}

/** A connection that takes all it is given; `window`: unacknowledged messages at once. */
export function makeLink(window) {
  const ids = [];
  const sent = { ids, count: 0 };
  const link = {
    writable: true,
    window,
    sendMessage: () => {
      sent.count++;
      return 0;
    },
    sendDelivery: (delivery) => {
      ids.push(delivery.packetId);
      return 0;
    },
    sendPubrel: () => {},
  };
  return { link, sent };
}

/** A message of 64 bytes. */
export function makeMessage(qos) {
  const init = { topic: "devices/17/temperature", payload: Buffer.alloc(64, "x"), qos };
  return Message.create(init, "publisher", Date.now());
}
