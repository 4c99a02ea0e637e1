/** gmqtt.admin.api.TopicService: where in the tree of topics there is how much. */

import { type ApiService, parseTopicFilter, type Server } from "@gmqtt/broker";
import { TopicService } from "../gen/gmqtt/admin/api/topic_pb.ts";
import { visitGently } from "./gently.ts";
import { takePage } from "./paging.ts";
import { protobufService } from "./protobuf-service.ts";

interface Level {
  readonly name: string;
  subscriptions: number;
  retainedMessages: number;
  hasBelow: boolean;
}

export function topicService(server: Server): ApiService {
  return protobufService(TopicService, {
    async browse(request) {
      const prefix = request.prefix === "" || request.prefix.endsWith("/") ? request.prefix : `${request.prefix}/`;
      const levels = new Levels(prefix);
      await visitGently(server.subscriptionService.iterate(), ({ subscription: { filter } }) => {
        const level = levels.at(filter.startsWith("$share/") ? (parseTopicFilter(filter)?.filter ?? filter) : filter);
        if (level !== undefined) level.subscriptions++;
      });
      await visitGently(server.retainedService.iterate(), ({ topic }) => {
        const level = levels.at(topic);
        if (level !== undefined) level.retainedMessages++;
      });
      const sorted = levels.sorted();
      const page = await takePage(sorted, request);
      return { levels: page.map((level) => describe(prefix, level)), totalCount: sorted.length };
    },
  });
}

function describe(prefix: string, { hasBelow, ...level }: Level): object {
  const topic = prefix + level.name;
  return { ...level, topic, prefix: hasBelow ? `${topic}/` : "" };
}

/** The levels right behind a prefix. */
class Levels {
  readonly #prefix: string;
  readonly #levels: Map<string, Level> = new Map();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The level that a topic lies in; undefined when it lies elsewhere. */
  at(topic: string): Level | undefined {
    if (!topic.startsWith(this.#prefix)) return undefined;
    const start = this.#prefix.length;
    const end = topic.indexOf("/", start);
    const name = topic.slice(start, end < 0 ? undefined : end);
    let level = this.#levels.get(name);
    if (level === undefined) {
      level = { name, subscriptions: 0, retainedMessages: 0, hasBelow: false };
      this.#levels.set(name, level);
    }
    level.hasBelow ||= end >= 0;
    return level;
  }

  /** Those with the most in them first, then by name. */
  sorted(): Level[] {
    const weight = ({ retainedMessages, subscriptions }: Level): number => subscriptions + retainedMessages;
    return [...this.#levels.values()].sort(
      (one, other) => weight(other) - weight(one) || (one.name < other.name ? -1 : 1),
    );
  }
}
