/** Who would get a message, and why: by the same rules as the router's, asked of the subscriptions that match. */

import type { ExplainQuestion, QoS, Server, SubscriptionEntry } from "@gmqtt/broker";
import type { ReceiverSchema } from "../gen/gmqtt/admin/api/explain_pb.ts";
import { visitGently } from "../services/gently.ts";
import type { Init } from "../services/protobuf-service.ts";
import { whoIs } from "./question.ts";

/** A session and what it would be sent. */
export type ReceiverInit = Init<typeof ReceiverSchema>;

/** One copy of the message that would go to one session. */
interface Copy {
  readonly clientId: string;
  readonly subscriptions: readonly SubscriptionEntry["subscription"][];
  /** How many members the shared subscription has; 0: it is none. */
  readonly members: number;
}

/** Those that get it, and those that a subscription of theirs does not help. At most `limit` are described. */
export async function receiversOf(
  server: Server,
  question: ExplainQuestion,
  limit: number,
): Promise<{ readonly receivers: ReceiverInit[]; readonly count: number }> {
  const copies = await copiesOf(server, question.topic);
  const receivers: ReceiverInit[] = [];
  for (const copy of copies.slice(0, limit)) receivers.push(await describe(server, question, copy));
  return { receivers, count: copies.length };
}

async function copiesOf(server: Server, topic: string): Promise<Copy[]> {
  const overlap = server.config.mqtt.deliveryMode === "overlap";
  const own = new Map<string, SubscriptionEntry["subscription"][]>();
  const groups = new Map<string, number>();
  await visitGently(server.subscriptionService.iterate({ topic, match: "filter" }), ({ clientId, subscription }) => {
    const { filter } = subscription;
    if (filter.startsWith("$share/")) groups.set(filter, (groups.get(filter) ?? 0) + 1);
    else if (overlap) own.set(`${clientId}\0${filter}`, [subscription]);
    else own.set(clientId, [...(own.get(clientId) ?? []), subscription]);
  });
  const copies: Copy[] = [...own].map(([key, subscriptions]) => {
    return { clientId: overlap ? key.slice(0, key.lastIndexOf("\0")) : key, subscriptions, members: 0 };
  });
  for (const [filter, members] of groups) {
    const picked = server.subscriptionService.peekShared(filter, topic);
    if (picked === undefined) copies.push({ clientId: "", subscriptions: [{ ...nothing, filter }], members });
    else copies.push({ clientId: picked.clientId, subscriptions: [picked.subscription], members });
  }
  return copies;
}

/** Stands for a shared subscription none of whose members may get the message. */
const nothing = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  subscriptionIdentifier: 0,
} as const satisfies Omit<SubscriptionEntry["subscription"], "filter">;

async function describe(server: Server, question: ExplainQuestion, copy: Copy): Promise<ReceiverInit> {
  const { clientId, members, subscriptions } = copy;
  const session = server.clientService.getSession(clientId);
  const shown = {
    clientId,
    filters: subscriptions.map(({ filter }) => filter),
    connected: session?.connected ?? false,
  };
  const shared = members === 0 ? {} : { sharedFilter: subscriptions[0]?.filter ?? "" };
  // [MQTT-3.8.3-3]; shared subscriptions can't be No Local.
  const counting = subscriptions.filter(({ noLocal }) => !noLocal || clientId !== question.clientId);
  const limit = server.subscriptionService.deliveryLimit(clientId, question.topic);
  const grantedQos = Math.max(0, ...counting.map(({ qos }) => qos));
  const base = { ...shown, ...shared, grantedQos };
  if (session === undefined) return { ...base, delivered: false, why: `none of ${members} members may get it` };
  if (counting.length === 0)
    return { ...base, delivered: false, why: "its own message, and the subscription is No Local" };
  if (limit === undefined) return { ...base, delivered: false, why: await whyWithheld(server, question, clientId) };
  const qos = Math.min(question.qos, grantedQos, limit);
  const fate = fateOf(server, session, qos as QoS);
  return {
    ...base,
    qos,
    retained: question.retain && counting.some(({ retainAsPublished }) => retainAsPublished),
    subscriptionIdentifiers: counting.map((one) => one.subscriptionIdentifier).filter((identifier) => identifier !== 0),
    delivered: fate.delivered,
    why: [
      whyMatched(copy),
      ...(qos < question.qos ? [`QoS lowered from ${question.qos} to ${qos}`] : []),
      fate.why,
    ].join("; "),
  };
}

function whyMatched({ members, subscriptions }: Copy): string {
  if (members > 0) return `picked of ${members} members of ${subscriptions[0]?.filter}`;
  return subscriptions.length === 1 ? "subscribed" : `subscribed ${subscriptions.length} times, gets one copy`;
}

/** What becomes of the copy in the session. */
function fateOf(
  { config }: Server,
  session: NonNullable<ReturnType<Server["clientService"]["getSession"]>>,
  qos: QoS,
): { readonly delivered: boolean; readonly why: string } {
  const { inflightLength, maxInflight, maxQueue, queueLength } = session;
  const full = queueLength >= maxQueue ? `, which is full: ${queueLength} of ${maxQueue}` : "";
  if (!session.connected) {
    if (qos === 0 && !config.mqtt.queueQos0Messages) {
      return { delivered: false, why: "it is away, and mqtt.queue_qos0_messages is false" };
    }
    return { delivered: true, why: `it is away: kept in its queue${full}` };
  }
  if (qos > 0 && inflightLength >= maxInflight) {
    return {
      delivered: true,
      why: `${inflightLength} messages wait for its acknowledgement: kept in its queue${full}`,
    };
  }
  return { delivered: true, why: "sent at once" };
}

/** The plugin that withholds it says why, if it explains itself. */
async function whyWithheld(server: Server, question: ExplainQuestion, clientId: string): Promise<string> {
  for (const plugin of server.plugins) {
    const answer = await plugin.explain?.({ ...question, ...whoIs(server, clientId), action: "receive" });
    if (answer?.decision === "deny") return `withheld by ${plugin.name}: ${answer.rule}`;
  }
  return "withheld by a plugin";
}
