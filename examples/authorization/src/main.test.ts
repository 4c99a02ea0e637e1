/** Plays the six users of the authorization example over real connections, in 3.1.1 and 5.0. */

import type { Broker, SubscriptionRequest } from "@gmqtt/broker";
import { type ConnectOptions, connectSocket, openSocket, type TestClient } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

let broker: Broker;
let address: string;

beforeAll(async () => {
  process.env.ADDRESS = "127.0.0.1:0";
  ({ broker } = await import("./main.ts"));
  address = `mqtt://${broker.listeners[0]?.address}`;
});

afterAll(() => broker.stop());

type Version = 4 | 5;
const versions: readonly Version[] = [4, 5];

async function login(username: string, version: Version): Promise<TestClient> {
  const client = await connectSocket(address, { username, password: "pwd", version });
  onTestFinished(() => client.drop());
  return client;
}

async function refusal(options: ConnectOptions): Promise<number> {
  const client = await openSocket(address);
  onTestFinished(() => client.drop());
  client.sendConnect(options);
  const { reasonCode } = await client.next("connack");
  await client.closed();
  return reasonCode;
}

/** Whether a message that `publish` sends arrives at root, who hears everything under the topic. */
async function arrives(topic: string, publish: () => Promise<unknown>): Promise<boolean> {
  const root = await login("root", 5);
  await root.subscribe({ filter: `${topic}/#`, qos: 2 });
  await publish();
  await (await login("root", 5)).publish(`${topic}/end`, "", { qos: 1 });
  const { topic: first } = await root.next("publish");
  return first === topic;
}

describe("who may connect", () => {
  it.each([
    [4, 4],
    [5, 0x86],
  ] as const)("in version %i a wrong password is refused with code %i", async (version, code) => {
    expect(await refusal({ version, username: "root", password: "wrong" })).toBe(code);
    expect(await refusal({ version, username: "nobody", password: "pwd" })).toBe(code);
    expect(await refusal({ version, username: "root" })).toBe(code);
    expect(await refusal({ version })).toBe(code);
  });
});

describe.each(versions)("in version %i", (version) => {
  it("root publishes and subscribes as he likes", async () => {
    const root = await login("root", version);
    expect((await root.subscribe({ filter: "v/root", qos: 2 })).reasonCodes).toEqual([2]);
    await root.publish("v/root", "to myself", { qos: 1 });
    expect(await root.next("publish")).toMatchObject({ text: "to myself", qos: 1 });
    expect((await root.subscribe({ filter: "$share/group/v/root", qos: 1 })).reasonCodes).toEqual([1]);
  });

  it.each([
    ["qos0", [0, 0, 0]],
    ["qos1", [0, 1, 1]],
  ] as const)("%s is granted no higher QoS", async (username, granted) => {
    const client = await login(username, version);
    const filters = ([0, 1, 2] as const).map((qos) => ({ filter: `v/${username}/${qos}`, qos }));
    expect((await client.subscribe(filters)).reasonCodes).toEqual(granted);
    await client.publish(`v/${username}/2`, "text", { qos: 1 });
    expect(await client.next("publish")).toMatchObject({ text: "text", qos: granted[2] });
  });

  it("publishonly publishes, but may not subscribe", async () => {
    const client = await login("publishonly", version);
    const { reasonCodes, properties } = await client.subscribe(["a", "b"].map((filter) => ({ filter, qos: 1 })));
    expect(reasonCodes).toEqual(version === 5 ? [0x87, 0x87] : [0x80, 0x80]);
    expect(properties?.reasonString).toBe(version === 5 ? "publish only" : undefined);
    expect(await arrives("p/only", () => client.publish("p/only", "", { qos: 1 }))).toBe(true);
  });

  it("subscribeonly subscribes, but may not publish", async () => {
    const client = await login("subscribeonly", version);
    expect((await client.subscribe({ filter: "s/#", qos: 2 })).reasonCodes).toEqual([2]);
    let answer: unknown;
    const publish = async () => {
      answer = await client.publish("s/only", "", { qos: 1 });
    };
    expect(await arrives("s/only", publish)).toBe(false);
    expect(answer).toMatchObject({ type: 4, reasonCode: version === 5 ? 0x87 : 0 });
    expect(await client.next("publish")).toMatchObject({ topic: "s/only/end" });
  });

  it("disable_shared has no shared subscriptions, but others", async () => {
    const client = await login("disable_shared", version);
    if (version === 5) {
      expect(client.connack?.properties?.sharedSubscriptionAvailable).toBe(false);
      const asked = { filter: "$share/group/d", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 };
      client.send("subscribe", { packetId: 1, subscriptions: [asked as SubscriptionRequest] });
      await client.disconnected(0x9e);
      return;
    }
    const { reasonCodes } = await client.subscribe(["$share/group/d", "d"].map((filter) => ({ filter, qos: 1 })));
    expect(reasonCodes).toEqual([0x80, 1]);
  });

  it.each(["root", "qos0", "qos1", "publishonly", "disable_shared"])("QoS 2 is refused for %s", async (username) => {
    const client = await login(username, version);
    let answer: unknown;
    const publish = async () => {
      answer = await client.publish("q/two", "", { qos: 2 });
    };
    expect(await arrives("q/two", publish)).toBe(false);
    const refused = { type: 5, reasonCode: 0x87 };
    const told = { properties: { reasonString: "QoS 2 is not served", userProperties: [["highest-qos", "1"]] } };
    expect(answer).toMatchObject(version === 5 ? { ...refused, ...told } : { type: 7 });
  });
});
