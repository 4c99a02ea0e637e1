/** Request Problem Information: reason strings and user properties for those who want them (MQTT 5.0 section 3.1.2.11.7). */

import { MqttError } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

const talkative = new MqttError(0x87, { reasonString: "because", userProperties: [["why", "so"]] });
const told = { reasonString: "because", userProperties: [["why", "so"]] };

const refusing = () => [
  plugin({
    onBasicAuth: () => (_, request) => {
      if (request.connect.username === "wrong") throw talkative;
    },
    onSubscribe: () => () => talkative,
    onUnsubscribe: () => () => talkative,
    onMsgArrived: () => () => talkative,
  }),
];

describe.each(stores)("problem information, with the $name store", ({ start }) => {
  it.each([undefined, true])("%s: every refusal says why", async (requestProblemInformation) => {
    const broker = await start({ plugins: refusing });
    const properties = requestProblemInformation === undefined ? {} : { requestProblemInformation };
    const client = await broker.connect({ properties });
    expect(await client.subscribe("a")).toMatchObject({ reasonCodes: [0x87], properties: told });
    expect(await client.unsubscribe("a")).toMatchObject({ reasonCodes: [0x87], properties: told });
    for (const qos of [1, 2] as const)
      expect(await client.publish("a", "", { qos })).toMatchObject({ reasonCode: 0x87, properties: told });
  });

  it("false: refusals have their code alone [MQTT-3.1.2-29]", async () => {
    const broker = await start({ plugins: refusing });
    const client = await broker.connect({ properties: { requestProblemInformation: false } });
    const answers = [
      await client.subscribe("a"),
      await client.unsubscribe("a"),
      await client.publish("a", "", { qos: 1 }),
      await client.publish("a", "", { qos: 2 }),
    ];
    for (const { properties } of answers.filter((answer) => answer !== undefined)) {
      expect(properties?.reasonString).toBeUndefined();
      expect(properties?.userProperties).toBeUndefined();
    }
  });

  it("false: CONNACK and DISCONNECT say why all the same, and messages keep their user properties [MQTT-3.1.2-29]", async () => {
    const broker = await start({ plugins: () => refusing().map((made) => ({ ...made, hookWrapper: () => auth })) });
    const properties = { requestProblemInformation: false };
    expect(await broker.refused({ username: "wrong", properties })).toMatchObject({ properties: told });
    const client = await broker.connect({ properties });
    await client.subscribe("a");
    await client.publish("a", "", { properties: { userProperties: [["k", "v"]] } });
    expect((await client.next("publish")).properties?.userProperties).toEqual([["k", "v"]]);
    client.send("publish", { topic: "a", properties: { topicAlias: 99 } });
    expect((await client.disconnected(0x94))?.properties?.reasonString).toMatch(/topic alias 99/);
  });
});

const { onBasicAuth } = refusing()[0]!.hookWrapper();
const auth = { onBasicAuth: onBasicAuth! };
