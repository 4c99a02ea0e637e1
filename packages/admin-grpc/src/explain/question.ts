/** What is asked of Explain: filled up with what is known of the client, and checked. */

import type { ExplainQuestion, QoS, Server } from "@gmqtt/broker";
import { invalidArgument } from "../api/status.ts";
import { Action, type ExplainRequest } from "../gen/gmqtt/admin/api/explain_pb.ts";

/** An action of the API by its number. */
export type AskedAction = Exclude<ExplainQuestion["action"], "receive">;

const actions: ReadonlyMap<Action, AskedAction> = new Map([
  [Action.CONNECT, "connect"],
  [Action.SUBSCRIBE, "subscribe"],
  [Action.PUBLISH, "publish"],
]);

/** Throws INVALID_ARGUMENT for what can't be answered. */
export function questionOf(server: Server, request: ExplainRequest): ExplainQuestion & { action: AskedAction } {
  const action = actions.get(request.action);
  if (action === undefined) throw invalidArgument("action must be ACTION_CONNECT, ACTION_SUBSCRIBE or ACTION_PUBLISH");
  if (request.qos > 2) throw invalidArgument(`qos must be 0, 1 or 2, not ${request.qos}`);
  if (action !== "connect" && request.topicName === "") throw invalidArgument("topic_name is needed");
  return {
    action,
    ...whoIs(server, request.clientId, request.username, request.remoteAddr),
    topic: action === "connect" ? "" : request.topicName,
    qos: request.qos as QoS,
    retain: request.retained,
  };
}

/** Who a client is; what is not said comes from its connection or its session. */
export function whoIs(
  { clientService }: Server,
  clientId: string,
  username: string = "",
  remoteAddress: string = "",
): Pick<ExplainQuestion, "clientId" | "username" | "remoteAddress" | "certificateCommonName"> {
  const client = clientService.getClient(clientId);
  const known = client?.options.username ?? clientService.getSession(clientId)?.username;
  const name = client?.connection.certificate?.subject.CN as string | readonly string[] | undefined;
  return {
    clientId,
    username: username === "" ? known : username,
    remoteAddress: remoteAddress === "" ? (client?.connection.remoteAddress ?? "") : remoteAddress,
    certificateCommonName: typeof name === "object" ? name[0] : name,
  };
}
