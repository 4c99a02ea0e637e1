/** The plugin of the "secured" profile: one account, topics nobody may use, and a challenge for enhanced authentication. */

import { type AuthStep, definePlugin, MqttError, type Plugin, type PluginDefinition, ReasonCode } from "@gmqtt/broker";

const FORBIDDEN = "forbidden/";
const METHOD = "CHALLENGE";

function answers(data: Uint8Array | undefined): boolean {
  return data !== undefined && Buffer.from(data).toString() === "right";
}

function challenge(): AuthStep {
  return { continue: true, authData: Buffer.from("question") };
}

function judge(data: Uint8Array | undefined): AuthStep {
  if (!answers(data)) throw new MqttError(ReasonCode.NotAuthorized, { reasonString: "wrong answer" });
  return { continue: false, authData: Buffer.from("welcome") };
}

function makePlugin(): Plugin {
  const refusal = (): MqttError =>
    new MqttError(ReasonCode.NotAuthorized, {
      reasonString: "this topic is closed to everybody",
      userProperties: [["why", "because it is forbidden"]],
    });
  return {
    name: "conformance",
    load: () => {},
    unload: () => {},
    hookWrapper: () => ({
      onBasicAuth: (next) => (client, request) => {
        const { password, username } = request.connect;
        if (username !== "user" || password === undefined || Buffer.from(password).toString() !== "secret") {
          throw new MqttError(ReasonCode.BadUserNameOrPassword, {
            reasonString: "unknown user or wrong password",
            userProperties: [["why", "ask the administrator"]],
          });
        }
        return next(client, request);
      },
      onEnhancedAuth: () => (_client, request) => {
        if (request.method !== METHOD) throw new MqttError(ReasonCode.BadAuthenticationMethod);
        return { ...challenge(), onAuth: (packet) => judge(packet.properties?.authenticationData) };
      },
      onReAuth: () => (_client, request) => {
        return request.packet.reasonCode === ReasonCode.ReAuthenticate ? challenge() : judge(request.data);
      },
      onSubscribe: (next) => (client, request) => {
        for (const filter of request.subscriptions.keys()) {
          if (filter.startsWith(FORBIDDEN)) request.reject(filter, refusal());
        }
        return next(client, request);
      },
      onUnsubscribe: (next) => (client, request) => {
        for (const filter of request.packet.filters) {
          if (filter.startsWith(FORBIDDEN)) request.reject(filter, refusal());
        }
        return next(client, request);
      },
      onMsgArrived: (next) => (client, request) => {
        if (request.message.topic.startsWith(FORBIDDEN)) throw refusal();
        return next(client, request);
      },
    }),
  };
}

const definition: PluginDefinition<undefined> = definePlugin({ name: "conformance", create: makePlugin });

// A plugin package's default export is its plugin.
// biome-ignore lint/style/noDefaultExport: this module is a plugin
export default definition;
