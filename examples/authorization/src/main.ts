/** The authorization example of gmqtt's author: six users in memory, and what each of them may do. */

import { type Broker, createBroker, MqttError, type Plugin, ReasonCode } from "@gmqtt/broker";

const passwords = new Map([
  ["root", "pwd"], // may do anything
  ["qos0", "pwd"], // subscribes with QoS 0 at most
  ["qos1", "pwd"], // subscribes with QoS 1 at most
  ["publishonly", "pwd"], // may not subscribe
  ["subscribeonly", "pwd"], // may not publish
  ["disable_shared", "pwd"], // has no shared subscriptions
]);

const authorization: Plugin = {
  name: "authorization",
  load() {},
  unload() {},
  hookWrapper: () => ({
    onBasicAuth: (next) => (client, request) => {
      const { username = "", password = [] } = request.connect;
      if (passwords.get(username) !== Buffer.from(password).toString()) {
        throw new MqttError(ReasonCode.BadUserNameOrPassword); // in 3.1.1 it becomes return code 4
      }
      if (username === "disable_shared") request.options.sharedSubAvailable = false;
      return next(client, request);
    },

    onSubscribe: (next) => (client, request) => {
      for (const filter of request.subscriptions.keys()) {
        if (client.options.username === "qos0") request.grantQoS(filter, 0);
        if (client.options.username === "qos1") request.grantQoS(filter, 1);
        if (client.options.username === "publishonly") {
          request.reject(filter, new MqttError(ReasonCode.NotAuthorized, { reasonString: "publish only" }));
        }
      }
      return next(client, request);
    },

    onMsgArrived: (next) => (client, request) => {
      // 3.1.1 can't say no: the message is dropped, its acknowledgement is a normal one.
      if (client?.options.username === "subscribeonly") throw new MqttError(ReasonCode.NotAuthorized);
      if (request.message.qos === 2) {
        throw new MqttError(ReasonCode.NotAuthorized, {
          reasonString: "QoS 2 is not served",
          userProperties: [["highest-qos", "1"]],
        });
      }
      return next(client, request);
    },
  }),
};

/** Listens on 1883, or where `ADDRESS` says. */
export const broker: Broker = createBroker({
  config: { listeners: [{ address: process.env.ADDRESS ?? ":1883" }] },
  plugins: [authorization],
});
await broker.start();
console.log(`listening on ${broker.listeners[0]?.address}; users: ${[...passwords.keys()].join(", ")}`);
