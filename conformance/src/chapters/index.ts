/** All chapters, in the order of the standard. */

import type { TestCase } from "../runner/test-case.ts";
import { dataTypes } from "./1-5-data-types.ts";
import { packetFormat } from "./2-packet-format.ts";
import { connectPacket } from "./3-1-connect.ts";
import { will } from "./3-1-will.ts";
import { connack } from "./3-2-connack.ts";
import { publishPacket } from "./3-3-publish.ts";
import { acknowledgements } from "./3-4-acknowledgements.ts";
import { subscribePacket } from "./3-8-subscribe.ts";
import { unsubscribePacket } from "./3-10-unsubscribe.ts";
import { ping } from "./3-12-ping.ts";
import { disconnectPacket } from "./3-14-disconnect.ts";
import { sessions } from "./4-1-sessions.ts";
import { qos } from "./4-3-quality-of-service.ts";
import { ordering } from "./4-6-ordering.ts";
import { topics } from "./4-7-topics.ts";
import { sharedSubscriptions } from "./4-8-shared-subscriptions.ts";
import { flowControl } from "./4-9-flow-control.ts";
import { authentication } from "./4-12-authentication.ts";
import { errors } from "./4-13-errors.ts";
import { webSocket } from "./6-websocket.ts";
import { version31 } from "./mqtt-3-1.ts";

/** Every test there is. */
export const allTests: readonly TestCase[] = [
  dataTypes,
  packetFormat,
  connectPacket,
  will,
  connack,
  publishPacket,
  acknowledgements,
  subscribePacket,
  unsubscribePacket,
  ping,
  disconnectPacket,
  sessions,
  qos,
  ordering,
  topics,
  sharedSubscriptions,
  flowControl,
  authentication,
  errors,
  webSocket,
  version31,
].flat();
