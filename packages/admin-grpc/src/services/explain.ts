/** gmqtt.admin.api.ExplainService: which rule decides, and who would get a message. */

import type { ApiService, Server } from "@gmqtt/broker";
import { questionOf } from "../explain/question.ts";
import { receiversOf } from "../explain/receivers.ts";
import { walk } from "../explain/steps.ts";
import { Decision, ExplainService } from "../gen/gmqtt/admin/api/explain_pb.ts";
import { protobufService } from "./protobuf-service.ts";

export function explainService(server: Server, maxPageSize: () => number): ApiService {
  return protobufService(ExplainService, {
    async explain(request) {
      const question = questionOf(server, request);
      const { decision, maximumQoS, reasonCode, steps } = await walk(server, question);
      const answer = { decision, reasonCode, steps: [...steps], qos: Math.min(question.qos, maximumQoS) };
      if (question.action !== "publish" || decision === Decision.DENY) return answer;
      const { count, receivers } = await receiversOf(server, question, maxPageSize());
      return { ...answer, receivers, receiverCount: count };
    },
  });
}
