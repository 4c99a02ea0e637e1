import { expect, test } from "vitest";
import { DropReason } from "./reasons.ts";
import { PopulationCounters, TrafficCounters } from "./stats.ts";

test("traffic is counted by type, by QoS and by reason, each for itself", () => {
  const counters = new TrafficCounters();
  counters.packetReceived(15, 10);
  counters.packetSent(1, 20);
  counters.packetSent(15, 30);
  counters.messageReceived(0);
  counters.messageSent(2);
  counters.messageDropped(0, DropReason.PacketTooLarge);
  counters.messageDropped(2, DropReason.Internal);
  counters.messageDropped(2, DropReason.Internal);
  expect([counters.received.packets[15], counters.received.bytes[15], counters.received.packets[1]]).toEqual([
    1, 10, 0,
  ]);
  expect([counters.sent.packets[1], counters.sent.bytes[15], counters.sent.bytes[1]]).toEqual([1, 30, 20]);
  expect([counters.messagesReceived, counters.messagesSent]).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  expect(counters.messagesDropped).toMatchObject({
    packet_too_large: [1, 0, 0],
    internal: [0, 0, 2],
    queue_full: [0, 0, 0],
  });
});

test("limits are counted by their keys", () => {
  const population = new PopulationCounters();
  for (const key of ["a", "b", "a"]) population.limitHit(key);
  expect(Object.fromEntries(population.limitsHit)).toEqual({ a: 2, b: 1 });
});
