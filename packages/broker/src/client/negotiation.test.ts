import type { ConnectPacket } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { type BrokerConfigInput, resolveConfig } from "../config/index.ts";
import type { AuthOptions } from "./client-view.ts";
import { connackProperties, defaultAuthOptions, negotiate } from "./negotiation.ts";

type Asked = Partial<Omit<ConnectPacket, "type">>;

function negotiated(asked: Asked, config: BrokerConfigInput = {}, change: Partial<AuthOptions> = {}) {
  const base = { type: 1, protocolVersion: 5, cleanStart: true, keepAlive: 60, clientId: "c" };
  const connect = { ...base, ...asked } as ConnectPacket;
  const allowed = { ...defaultAuthOptions(connect, resolveConfig({ listeners: [], ...config }), undefined), ...change };
  const options = negotiate(connect, connect.clientId === "" ? "made" : connect.clientId, allowed);
  return { options, connack: connackProperties(connect, options, allowed, undefined) };
}

/** What every CONNACK says with the default configuration. */
const usual = { receiveMaximum: 100, topicAliasMaximum: 10 };
const silent: BrokerConfigInput = {
  mqtt: { serverReceiveMaximum: 65535, topicAliasMaximum: 0, maxPacketSize: 268435460 },
};

describe("what a client asks and gets", () => {
  test("a session expiry up to the broker's [MQTT-3.2.2-21]", () => {
    const short = negotiated({ properties: { sessionExpiryInterval: 10 } });
    expect([short.options.sessionExpiry, short.connack.sessionExpiryInterval]).toEqual([10, undefined]);
    const long = negotiated({ properties: { sessionExpiryInterval: 0xffffffff } });
    expect([long.options.sessionExpiry, long.connack.sessionExpiryInterval]).toEqual([7200, 7200]);
    expect(negotiated({}).options.sessionExpiry).toBe(0);
  });

  test("a 3.1.1 session that is not clean lives as long as it may [MQTT-3.1.2-5]", () => {
    expect(negotiated({ protocolVersion: 4, cleanStart: false }).options.sessionExpiry).toBe(7200);
    expect(negotiated({ protocolVersion: 4, cleanStart: true }).options.sessionExpiry).toBe(0);
  });

  test.each([
    [60, 5, 60, undefined],
    [0, 5, 300, 300],
    [600, 5, 300, 300],
    [600, 4, 600, undefined],
    [0, 4, 0, undefined],
  ] as const)(
    "keep alive %i in version %i is %i, and the CONNACK says %s [MQTT-3.2.2-22]",
    (keepAlive, version, holds, said) => {
      const { connack, options } = negotiated({ keepAlive, protocolVersion: version });
      expect([options.keepAlive, version === 5 ? connack.serverKeepAlive : undefined]).toEqual([holds, said]);
    },
  );

  test("outgoing messages within its Receive Maximum and the broker's max_inflight", () => {
    expect(negotiated({ properties: { receiveMaximum: 7 } }).options.maxInflight).toBe(7);
    expect(negotiated({}).options.maxInflight).toBe(100);
  });

  test("what it can take is what it said, else everything", () => {
    expect(negotiated({}).options).toMatchObject({
      clientMaxPacketSize: Number.POSITIVE_INFINITY,
      clientTopicAliasMax: 0,
      requestProblemInformation: true,
    });
    const properties = { maximumPacketSize: 99, topicAliasMaximum: 5, requestProblemInformation: false };
    expect(negotiated({ properties }).options).toMatchObject({
      clientMaxPacketSize: 99,
      clientTopicAliasMax: 5,
      requestProblemInformation: false,
    });
  });
});

describe("the CONNACK", () => {
  test("announces limits and is silent about defaults", () => {
    expect(negotiated({}).connack).toMatchObject(usual);
    expect(negotiated({}, silent).connack).toEqual({});
  });

  test("names everything that is not to be had", () => {
    const mqtt = {
      ...silent.mqtt,
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: false,
      maxPacketSize: 1000,
    } as const;
    expect(negotiated({}, { mqtt }).connack).toEqual({
      maximumQoS: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: false,
      maximumPacketSize: 1000,
    });
  });

  test("tells the identifier that was assigned [MQTT-3.2.2-16]", () => {
    expect(negotiated({ clientId: "" }, silent).connack).toEqual({ assignedClientIdentifier: "made" });
  });

  test("has response information only for who asks [MQTT-3.1.2-28]", () => {
    const config = { mqtt: { ...silent.mqtt, responseInformation: "answers/" } };
    expect(negotiated({}, config).connack).toEqual({});
    const properties = { requestResponseInformation: true };
    expect(negotiated({ properties }, config).connack).toEqual({ responseInformation: "answers/" });
    expect(negotiated({ properties }, silent).connack).toEqual({});
  });

  test("repeats the authentication method and carries what a hook adds [MQTT-4.12.0-5]", () => {
    const properties = { authenticationMethod: "SCRAM" };
    const userProperties = [["k", "v"]] as const;
    const { connack } = negotiated({ properties }, silent, { userProperties });
    expect(connack).toEqual({ authenticationMethod: "SCRAM", userProperties });
    const connect = { type: 1, protocolVersion: 5, cleanStart: true, keepAlive: 60, clientId: "c", properties };
    const allowed = defaultAuthOptions(
      connect as ConnectPacket,
      resolveConfig({ listeners: [], ...silent }),
      undefined,
    );
    const options = negotiate(connect as ConnectPacket, "c", allowed);
    expect(connackProperties(connect as ConnectPacket, options, allowed, Buffer.of(1))).toEqual({
      authenticationMethod: "SCRAM",
      authenticationData: Buffer.of(1),
    });
  });
});
