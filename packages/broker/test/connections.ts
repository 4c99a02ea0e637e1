/** A connection over a transport in the test's hands, and the broker's shared parts around it. */

import { Decoder, encode, type Packet, TopicTable } from "@gmqtt/packets";
import { SteadyClock } from "../src/clock.ts";
import { ChunkPool } from "../src/connection/chunk-pool.ts";
import { Connection, type ConnectionLimits, type ConnectionShared } from "../src/connection/connection.ts";
import { FlushScheduler } from "../src/connection/flush-scheduler.ts";
import { PacketTaps } from "../src/connection/packet-taps.ts";
import type { Transport, TransportHandler, TransportInfo } from "../src/listeners/transport.ts";
import { Journal } from "../src/persistence/journal.ts";
import { DeliveryTimes } from "../src/stats/delivery-times.ts";
import { TrafficCounters } from "../src/stats/stats.ts";
import { TimerWheel } from "../src/timer-wheel.ts";
import { RecordingLogger } from "./listener-fixtures.ts";
import { ManualClock } from "./manual-clock.ts";
import { HeldStore } from "./session-fixtures.ts";

/** Notes what is written and done to it. */
class TestTransport implements Transport {
  info: TransportInfo = {
    kind: "memory",
    listener: "test",
    remoteAddress: "",
    remotePort: 0,
    localAddress: "",
    localPort: 0,
  };
  readonly written: Buffer[] = [];
  /** `pause`, `resume`, `end`, `destroy`. */
  readonly calls: string[] = [];
  /** False: the peer does not read. */
  takes = true;
  bufferedBytes = 0;
  handler: TransportHandler | undefined;

  start(handler: TransportHandler): void {
    this.handler = handler;
  }

  write(segments: readonly Uint8Array[]): boolean {
    const bytes = Buffer.concat(segments);
    this.written.push(bytes);
    if (!this.takes) this.bufferedBytes += bytes.length;
    return this.takes;
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  end(): void {
    this.calls.push("end");
  }

  destroy(): void {
    this.calls.push("destroy");
  }

  /** The peer reads again. */
  drain(): void {
    this.takes = true;
    this.bufferedBytes = 0;
    this.handler?.onDrain();
  }

  /** The packets written so far, as a client of that version reads them. */
  packets(version: 4 | 5): Packet[] {
    const decoder = new Decoder({ from: "server", version });
    decoder.push(Buffer.concat(this.written));
    const packets: Packet[] = [];
    for (let packet = decoder.next(); packet !== null; packet = decoder.next()) packets.push(packet);
    return packets;
  }
}

/** A connection with everything around it; `store` decides whether output waits for commits. */
export function connectionWith(
  limits: Partial<ConnectionLimits> = {},
  store: HeldStore = new HeldStore(false),
  messagesSeen = false,
) {
  const clock = new ManualClock();
  const log: string[] = [];
  const scheduler = new FlushScheduler(() => clock.monotonic());
  const journal = new Journal({
    persistence: store,
    clock,
    logger: new RecordingLogger(),
    schedule: () => scheduler.schedule(),
    maxPending: () => 1000,
  });
  scheduler.beforeFlush = () => journal.commit();
  const wheel = new TimerWheel(clock, () => {});
  const shared: ConnectionShared = {
    clock: new SteadyClock(clock),
    wheel,
    scheduler,
    journal,
    pool: new ChunkPool(),
    taps: new PacketTaps(),
    traffic: new TrafficCounters(),
    deliveryTimes: new DeliveryTimes(() => clock.monotonic()),
    topics: new TopicTable(),
    messagesSeen,
  };
  const transport = new TestTransport();
  const allowed = {
    maxPacketSize: 1_000_000,
    maxUserProperties: 10,
    maxFilters: 10,
    maxUnsentBytes: 1_000_000,
    ...limits,
  };
  const connection = new Connection(transport, shared, allowed, new TrafficCounters(), {
    onReadable: () => {
      log.push("readable");
      around.onReadable();
    },
    onWritable: () => void log.push("writable"),
    onOverflow: () => void log.push("overflow"),
    onClosed: (error) => void log.push(`closed${error === undefined ? "" : `: ${error.message}`}`),
  });
  connection.start();
  /** Bytes of the client arrive. */
  const receive = (...packets: Packet[]): void =>
    transport.handler?.onData(Buffer.concat(packets.map((packet) => encode(packet, connection.version))));
  const around = {
    clock,
    connection,
    journal,
    log,
    /** Takes packets, when the test wants them taken. */
    onReadable: () => {},
    receive,
    scheduler,
    shared,
    store,
    transport,
  };
  return around;
}
