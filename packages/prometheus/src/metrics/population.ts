/** Clients, sessions, subscriptions and what waits for them. */

import type { PopulationStats, RetainedService } from "@gmqtt/broker";
import type { MetricBook } from "./metric-book.ts";

/** Declares who is there and who was. */
export function declarePopulation(book: MetricBook, population: PopulationStats, retained: RetainedService): void {
  const { counter, gauge } = declarers(book);
  counter("gmqtt_clients_connected_total", "CONNECTs that were accepted.", () => population.connected);
  counter("gmqtt_clients_disconnected_total", "Clients that were connected and left.", () => population.disconnected);
  counter("gmqtt_sessions_created_total", "Sessions made.", () => population.sessionsCreated);
  book.counter(
    { name: "gmqtt_sessions_terminated_total", help: "Sessions that ended, by reason.", labels: ["reason"] },
    () => Object.entries(population.sessionsTerminated).map(([reason, count]) => [{ reason }, count]),
  );
  counter("gmqtt_sessions_expired_total", "Sessions that ended because their time was over.", () => {
    return population.sessionsTerminated.expired;
  });
  gauge("gmqtt_sessions_active_current", "Sessions whose client is connected.", () => population.active);
  gauge("gmqtt_sessions_inactive_current", "Sessions kept for clients that are away.", () => population.inactive);
  gauge("gmqtt_subscriptions_current", "Subscriptions there are.", () => population.subscriptionsCurrent);
  counter("gmqtt_subscriptions_total", "Subscriptions ever made.", () => population.subscriptionsTotal);
  gauge("gmqtt_messages_queued_current", "Messages that wait in the queues of sessions.", () => population.queued);
  gauge("gmqtt_messages_inflight_current", "Messages sent and not yet acknowledged.", () => population.inflight);
  gauge("gmqtt_retained_messages_current", "Retained messages.", () => retained.count);
  gauge("gmqtt_retained_bytes", "Bytes of the topics and payloads of retained messages.", () => retained.bytes);
}

/** Declares what was refused, and what went wrong. */
export function declareTrouble(book: MetricBook, population: PopulationStats): void {
  const { counter } = declarers(book);
  book.counter(
    {
      name: "gmqtt_authentications_total",
      help: "Clients that plugins were asked to authenticate, by result.",
      labels: ["result"],
    },
    () => [
      [{ result: "succeeded" }, population.authenticationSucceeded],
      [{ result: "failed" }, population.authenticationFailed],
    ],
  );
  book.counter(
    {
      name: "gmqtt_limits_hit_total",
      help: "Refusals because of a limit, by its configuration key. A key is there once its limit was hit.",
      labels: ["limit"],
    },
    () => [...population.limitsHit].map(([limit, count]) => [{ limit }, count]),
  );
  counter("gmqtt_hook_failures_total", "Hooks that failed with something else than a refusal.", () => {
    return population.hookFailures;
  });
  counter("gmqtt_hook_timeouts_total", "Hooks that took longer than hook_timeout.", () => population.hookTimeouts);
  counter("gmqtt_store_outages_total", "Times the store was unavailable for longer than it bridges.", () => {
    return population.storeOutages;
  });
  counter("gmqtt_store_refusals_total", "Clients refused with 0x88 because the store was unavailable.", () => {
    return population.storeRefusals;
  });
  counter("gmqtt_internal_errors_total", "Errors that are bugs of the broker or of a plugin.", () => {
    return population.internalErrors;
  });
}

/** Metrics with a single number. */
function declarers(book: MetricBook) {
  return {
    counter: (name: string, help: string, read: () => number) => book.counter({ name, help }, read),
    gauge: (name: string, help: string, read: () => number) => book.gauge({ name, help }, read),
  };
}
