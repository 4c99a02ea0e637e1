/** gmqtt.admin.api.TraceService: packets as they go by. */

import { type ApiService, isValidTopicFilter, type Server } from "@gmqtt/broker";
import { ApiError, invalidArgument, StatusCode } from "../api/status.ts";
import { TraceService } from "../gen/gmqtt/admin/api/trace_pb.ts";
import { type TraceEventInit, trace } from "../trace/trace.ts";
import { protobufService } from "./protobuf-service.ts";

export function traceService(server: Server): ApiService {
  return protobufService(TraceService, {
    trace(request, call) {
      const { clientId, maxEvents, maxSeconds, showPayload, topicFilter } = request;
      if (clientId === "" && topicFilter === "") throw invalidArgument("client_id or topic_filter is needed");
      if (topicFilter !== "" && !isValidTopicFilter(topicFilter)) {
        throw invalidArgument(`${topicFilter} is not a topic filter`);
      }
      if (showPayload && call.role !== "write") {
        throw new ApiError(StatusCode.PERMISSION_DENIED, "show_payload needs role write");
      }
      return limited(server, { clientId, topicFilter, showPayload }, { maxEvents, maxSeconds }, call.signal);
    },
  });
}

/** Ends after so many events or seconds; 0: never. */
async function* limited(
  server: Server,
  options: Parameters<typeof trace>[1],
  { maxEvents, maxSeconds }: { readonly maxEvents: number; readonly maxSeconds: number },
  signal: AbortSignal,
): AsyncGenerator<TraceEventInit, void, undefined> {
  const over = new AbortController();
  const timer = maxSeconds === 0 ? undefined : server.clock.setTimer(maxSeconds * 1000, () => over.abort());
  let left = maxEvents;
  try {
    for await (const event of trace(server, options, AbortSignal.any([signal, over.signal]))) {
      yield event;
      if (--left === 0) return;
    }
  } finally {
    timer?.cancel();
  }
}
