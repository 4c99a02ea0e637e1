/** Keeps out who is banned: addresses before a byte is read, clients and users when they connect. */

import { type Hooks, type HookWrapper, MqttError, ReasonCode } from "@gmqtt/broker";
import type { BanList, Visitor } from "./ban-list.ts";

/** Wraps the hooks that let clients in; `bans` is asked at each of them. */
export function banHooks(bans: () => BanList | undefined): HookWrapper {
  const refuse = (visitor: Visitor): void => {
    if (bans()?.find(visitor) !== undefined) throw new MqttError(ReasonCode.Banned);
  };
  return {
    onAccept: (next) => (connection) =>
      bans()?.find({ address: connection.remoteAddress }) === undefined ? next(connection) : false,
    onBasicAuth: (next) => async (client, request) => {
      const { clientId, username } = request.connect;
      refuse({ clientId, username });
      const verdict = await next(client, request);
      // Plugins behind may have found out who it really is.
      refuse({ clientId: request.options.assignedClientId, username: request.options.username });
      return verdict;
    },
    onEnhancedAuth: (next) => async (client, request) => {
      const { clientId, username } = request.connect;
      refuse({ clientId, username });
      const step = await next(client, request);
      if (step instanceof MqttError) return step;
      const finish = (): void =>
        refuse({ clientId: request.options.assignedClientId, username: request.options.username });
      if (!step.continue) finish();
      const { onAuth } = step;
      return onAuth === undefined ? step : { ...step, onAuth: checkedSteps(onAuth, finish) };
    },
  };
}

type OnAuth = NonNullable<Exclude<Awaited<ReturnType<Hooks["onEnhancedAuth"]>>, MqttError>["onAuth"]>;

/** The last step of the exchange is followed by the check. */
function checkedSteps(onAuth: OnAuth, finish: () => void): OnAuth {
  return async (packet) => {
    const step = await onAuth(packet);
    if (!step.continue) finish();
    return step;
  };
}
