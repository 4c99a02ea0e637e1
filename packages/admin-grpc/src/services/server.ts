/** gmqtt.admin.api.ServerService: version and state, the configuration in force, the level of the log. */

import type { JsonObject } from "@bufbuild/protobuf";
import { type ApiService, type LogConfig, printableConfig, type Server } from "@gmqtt/broker";
import { ApiError, invalidArgument, StatusCode } from "../api/status.ts";
import { ServerService } from "../gen/gmqtt/admin/api/server_pb.ts";
import { timestamp } from "./numbers.ts";
import { protobufService } from "./protobuf-service.ts";

const levels: readonly LogConfig["level"][] = ["debug", "info", "warn", "error"];

export function serverService(server: Server): ApiService {
  const startedAt = server.clock.now();
  return protobufService(ServerService, {
    getInfo() {
      const { clientService, readiness, retainedService, statsManager } = server;
      const { inflight, queued, subscriptionsCurrent } = statsManager.population;
      return {
        version: server.version,
        nodeVersion: process.versions.node,
        startedAt: timestamp(startedAt),
        ready: readiness.ready,
        reason: readiness.reason,
        listeners: server.listeners.map(({ address, kind, name }) => ({ address, kind, name })),
        plugins: server.plugins.map(({ name }) => name),
        sessions: clientService.sessionCount,
        clients: clientService.clientCount,
        subscriptions: subscriptionsCurrent,
        retainedMessages: retainedService.count,
        retainedBytes: BigInt(retainedService.bytes),
        queuedMessages: BigInt(queued),
        inflightMessages: BigInt(inflight),
        memoryBytes: BigInt(process.memoryUsage.rss()),
        processId: process.pid,
      };
    },
    getConfig: () => ({ config: JSON.parse(JSON.stringify(printableConfig(server.config))) as JsonObject }),
    getLogLevel: () => ({ level: levelOf(server) }),
    async setLogLevel({ level }, { who }) {
      await setLevel(server, level, who);
      return { level: levelOf(server) };
    },
  });
}

function levelOf({ config, logger }: Server): string {
  return logger.level ?? config.log.level;
}

/** The configuration in force says so too, until a reload reads another one. */
async function setLevel(server: Server, level: string, who: string): Promise<void> {
  const known = levels.find((candidate) => candidate === level);
  if (known === undefined) throw invalidArgument(`level must be debug, info, warn or error, not ${level}`);
  const { config, logger } = server;
  if (logger.level === undefined) {
    throw new ApiError(StatusCode.FAILED_PRECONDITION, "the level of this broker's logger can't be changed");
  }
  // Behind the change the line of this call itself may be below the level.
  if (logger.level !== known) logger.warn({ who, from: logger.level, to: known }, "log level changes");
  await server.applyConfig({ ...config, log: { ...config.log, level: known } });
  logger.level = known;
}
