/** Lets plugins and the log watch packets go by. */

import type { Packet } from "@gmqtt/packets";
import type { Client } from "../../client/client.ts";
import type { Client as ClientView } from "../../client/client-view.ts";
import { Connection } from "../../connection/connection.ts";
import type { PacketTaps } from "../../connection/packet-taps.ts";
import type { Logger } from "../../logger.ts";

/** Told of every packet while it watches. */
export type PacketWatcher = (client: ClientView, direction: "in" | "out", packet: Packet) => void;

/** Watches until the returned function is called. */
export function watchPackets(taps: PacketTaps, watcher: PacketWatcher, logger: Logger): () => void {
  const stop = taps.add((source, direction, packet) => {
    try {
      if (source instanceof Connection) watcher((source.owner as Client).view, direction, packet);
    } catch (error) {
      stop(); // a watcher must not end what it watches
      logger.error({ err: error }, "packet watcher failed, it is taken away");
    }
  });
  return stop;
}
