/** Answers that grow with their request: SUBACK and UNSUBACK have a code for each filter (sections 3.9.3 and 3.11.3). */

import { ProtocolError, ReasonCode } from "@gmqtt/packets";
import type { ClientContext } from "./context.ts";

/** Packet identifier, and a Property Length of 0. */
const BEFORE_CODES = 3;

/**
 * Refuses a request whose answer the client could not take, before anything is done about it: it must not be sent
 * [MQTT-3.1.2-24], none of its codes may be missing [MQTT-3.9.3-1] [MQTT-3.11.3-1], and in silence the client would wait for ever.
 */
export function assertAnswerFits(context: ClientContext, answer: "SUBACK" | "UNSUBACK", filters: number): void {
  const limit = context.options.clientMaxPacketSize;
  const remaining = BEFORE_CODES + filters;
  const size = remaining + (remaining < 128 ? 2 : remaining < 16_384 ? 3 : 4);
  if (size <= limit) return;
  const message = `the ${answer} for ${filters} filters has ${size} bytes, the client takes ${limit}`;
  throw new ProtocolError(ReasonCode.PacketTooLarge, message);
}
