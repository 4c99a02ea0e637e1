/** Packets, bytes and messages: numbers that the broker counts anyway. */

import { PACKET_TYPE_NAMES, type TrafficStats } from "@gmqtt/broker";
import type { Labels, MetricBook } from "./metric-book.ts";

type Samples = Iterable<readonly [labels: Labels, value: number]>;

/** Declares what went over the wire. */
export function declareTraffic(book: MetricBook, traffic: TrafficStats): void {
  const packets = { help: "Packets received, by packet type.", labels: ["type"] };
  book.counter({ ...packets, name: "gmqtt_packets_received_total" }, () => byType(traffic.received.packets));
  book.counter({ ...packets, name: "gmqtt_packets_sent_total", help: "Packets sent, by packet type." }, () =>
    byType(traffic.sent.packets),
  );
  book.counter(
    { ...packets, name: "gmqtt_packets_received_bytes_total", help: "Bytes received in packets, by packet type." },
    () => byType(traffic.received.bytes),
  );
  book.counter(
    { ...packets, name: "gmqtt_packets_sent_bytes_total", help: "Bytes sent in packets, by packet type." },
    () => byType(traffic.sent.bytes),
  );
  book.counter({ name: "gmqtt_messages_received_total", help: "Messages received, by QoS.", labels: ["qos"] }, () =>
    byQoS(traffic.messagesReceived),
  );
  book.counter(
    { name: "gmqtt_messages_sent_total", help: "Messages sent, by the QoS they were sent with.", labels: ["qos"] },
    () => byQoS(traffic.messagesSent),
  );
  declareDrops(book, traffic);
}

/** gmqtt counts drops by QoS; why something was dropped is told beside it. */
function declareDrops(book: MetricBook, traffic: TrafficStats): void {
  book.counter(
    { name: "gmqtt_messages_dropped_total", help: "Messages that did not reach a session, by QoS.", labels: ["qos"] },
    () => byQoS([0, 1, 2].map((qos) => sum(Object.values(traffic.messagesDropped).map((counts) => counts[qos] ?? 0)))),
  );
  book.counter(
    {
      name: "gmqtt_messages_dropped_by_reason_total",
      help: "Messages that did not reach a session, by QoS and by why.",
      labels: ["qos", "reason"],
    },
    function* () {
      for (const [reason, counts] of Object.entries(traffic.messagesDropped)) {
        for (const [qos, count] of counts.entries()) yield [{ qos: String(qos), reason }, count];
      }
    },
  );
}

/** gmqtt writes the types in capitals. */
function* byType(counts: readonly number[]): Samples {
  for (const [index, name] of PACKET_TYPE_NAMES.entries()) {
    if (name !== "") yield [{ type: name.toUpperCase() }, counts[index] ?? 0];
  }
}

function* byQoS(counts: readonly number[]): Samples {
  for (const [qos, count] of counts.entries()) yield [{ qos: String(qos) }, count];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
