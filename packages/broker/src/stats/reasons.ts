/** Why messages are dropped and sessions end, as hooks and statistics tell it apart. */

/** Why a message did not reach a session that it was meant for. */
export const DropReason = {
  /** Larger than the client's Maximum Packet Size. */
  PacketTooLarge: "packet_too_large",
  QueueFull: "queue_full",
  Expired: "expired",
  InflightExpired: "inflight_expired",
  /** The client does not read fast enough; QoS 0 only. */
  SlowConsumer: "slow_consumer",
  Internal: "internal",
} as const;
export type DropReason = (typeof DropReason)[keyof typeof DropReason];

/** The reasons in the order in which statistics count them. */
export const DROP_REASONS: readonly DropReason[] = Object.values(DropReason);

/** Why a session ended. */
export const SessionEndReason = {
  Normal: "normal",
  TakenOver: "taken_over",
  Expired: "expired",
} as const;
export type SessionEndReason = (typeof SessionEndReason)[keyof typeof SessionEndReason];
