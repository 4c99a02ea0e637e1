/** Those who watch packets go by: `dump_packet` and traces. Nobody watching costs one look at a flag. */

import type { Packet } from "@gmqtt/packets";

/** Told of each packet; `source` is the connection it goes over. */
export type PacketTap<S> = (source: S, direction: "in" | "out", packet: Packet) => void;

export class PacketTaps<S = unknown> {
  readonly #taps: Set<PacketTap<S>> = new Set();
  active = false;

  /** Watches until the returned function is called. */
  add(tap: PacketTap<S>): () => void {
    this.#taps.add(tap);
    this.active = true;
    return () => {
      this.#taps.delete(tap);
      this.active = this.#taps.size > 0;
    };
  }

  emit(source: S, direction: "in" | "out", packet: Packet): void {
    for (const tap of this.#taps) tap(source, direction, packet);
  }
}
