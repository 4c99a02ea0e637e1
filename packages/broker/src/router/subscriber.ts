/** Who can be sent a message: a local session today, another worker or node one day. */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";

export interface Subscriber {
  readonly clientId: string;
  /** Somebody is there to read. */
  readonly connected: boolean;
  /** A message would be sent at once, without waiting for an acknowledgement or the network. */
  readonly hasRoom: boolean;
  /** The granted QoS is an upper bound; `sharedFilter` names the shared subscription it is picked for. */
  deliver(
    message: Message,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
  ): void;
}
