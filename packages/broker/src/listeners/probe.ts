/** Whether a silent peer is still there: the kernel's question, for clients that MQTT's keep alive does not watch. */

import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Time of silence after which the kernel asks; milliseconds. */
const PROBE_DELAY = 60_000;

/** Has the kernel end the connection of a peer whose machine has vanished. Streams that are no sockets have no such thing. */
export function probePeer(stream: Duplex): void {
  if (stream instanceof Socket) stream.setKeepAlive(true, PROBE_DELAY);
}
