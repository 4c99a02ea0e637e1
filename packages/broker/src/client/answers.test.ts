import { MqttError, ProtocolError, UnsupportedVersionError } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { connackFor, disconnectCode, disconnectFor } from "./answers.ts";

const bug = new TypeError("of the broker");

describe("the CONNACK for an error", () => {
  test("in 5.0 carries the code, if CONNACK may, and what the error says [MQTT-3.2.2-8]", () => {
    const said = new MqttError(0x87, { reasonString: "not today", userProperties: [["k", "v"]] });
    expect(connackFor(said, 5)).toEqual({
      version: 5,
      packet: {
        type: 2,
        sessionPresent: false,
        reasonCode: 0x87,
        properties: { reasonString: "not today", userProperties: [["k", "v"]] },
      },
    });
    expect(connackFor(new MqttError(0x8f), 5)?.packet).toMatchObject({ reasonCode: 0x80, properties: {} });
    expect(connackFor(bug, 5)?.packet).toMatchObject({ reasonCode: 0x83, properties: {} });
    const broken = connackFor(new ProtocolError(0x81, "no such flag"), 5);
    expect(broken?.packet.properties).toEqual({ reasonString: "no such flag" });
  });

  test("in 3.1.1 is a return code for a refusal, and silence for what breaks the rules [MQTT-3.1.4-1]", () => {
    expect(connackFor(new MqttError(0x87), 4)).toEqual({
      version: 4,
      packet: { type: 2, sessionPresent: false, reasonCode: 5 },
    });
    expect(connackFor(new ProtocolError(0x81, "no such flag"), 4)).toBeUndefined();
  });

  test("before the version is known is silence, since nobody knows how to say it [MQTT-3.1.0-1]", () => {
    expect(connackFor(new MqttError(0x87), undefined)).toBeUndefined();
  });

  test.each([
    ["MQTT", 6, 5, 0x84],
    ["MQTT", 2, 4, 1],
    ["MQIsdp", 9, 4, 1],
  ])("for level %2$i of %1$s is one that its client understands [MQTT-3.1.2-2]", (name, level, version, reasonCode) => {
    const refusal = connackFor(new UnsupportedVersionError(name, level), undefined);
    expect(refusal).toEqual({ version, packet: { type: 2, sessionPresent: false, reasonCode } });
  });

  test("for another protocol is silence [MQTT-3.1.2-1]", () => {
    expect(connackFor(new UnsupportedVersionError("AMQP", 5), undefined)).toBeUndefined();
  });
});

describe("the DISCONNECT for an error", () => {
  test("carries the code, if DISCONNECT may, and what the error says [MQTT-3.14.2-1]", () => {
    const said = new MqttError(0x97, { reasonString: "full", userProperties: [["k", "v"]] });
    const properties = { reasonString: "full", userProperties: [["k", "v"]] };
    expect(disconnectFor(said)).toEqual({ type: 14, reasonCode: 0x97, properties });
    expect(disconnectFor(new ProtocolError(0x82, "twice"))).toEqual({
      type: 14,
      reasonCode: 0x82,
      properties: { reasonString: "twice" },
    });
    expect(disconnectFor(new MqttError(0x82)).properties).toEqual({});
    expect(disconnectFor(bug)).toEqual({ type: 14, reasonCode: 0x83 });
  });

  test("says something near where it may not say what happened", () => {
    expect([disconnectCode(0x8c), disconnectCode(0x85), disconnectCode(0x8e)]).toEqual([0x87, 0x80, 0x8e]);
  });
});
