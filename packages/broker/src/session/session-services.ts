/** What sessions need of the broker around them. */

import type { QoS } from "@gmqtt/packets";
import type { Clock } from "../clock.ts";
import type { BrokerConfig } from "../config/index.ts";
import type { Logger } from "../logger.ts";
import type { Message } from "../message.ts";
import type { Journal } from "../persistence/journal.ts";
import type { Persistence } from "../persistence/persistence.ts";
import type { DropReason } from "../stats/reasons.ts";
import type { PopulationCounters } from "../stats/stats.ts";
import type { TimerWheel } from "../timer-wheel.ts";

export interface SessionServices {
  /** The configuration in force; replaced as a whole on reload. */
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly logger: Logger;
  readonly journal: Journal;
  readonly persistence: Persistence;
  readonly population: PopulationCounters;
  /** Counts a dropped message and tells the hooks. */
  dropped(clientId: string, message: Message, qos: QoS, reason: DropReason): void;
}
