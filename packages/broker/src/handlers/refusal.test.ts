import { MqttError, ProtocolError } from "@gmqtt/packets";
import { expect, test } from "vitest";
import { publishCode, refusalOf, refusalProperties, subscribeCode, unsubscribeCode } from "./refusal.ts";

test("only an MqttError that is no ProtocolError is a refusal; the rest is thrown on", () => {
  const refusal = new MqttError(0x87);
  expect(refusalOf(refusal)).toBe(refusal);
  for (const error of [new ProtocolError(0x82, "twice"), new TypeError("of the broker")]) {
    expect(() => refusalOf(error)).toThrow(error);
  }
});

test("each acknowledgement carries the codes it may [MQTT-3.4.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2]", () => {
  const codes = [0x87, 0x90, 0x9e, 0x8f, 0x8c];
  const carried = (carry: (error: MqttError) => number) => codes.map((code) => carry(new MqttError(code as 0x87)));
  expect(carried(publishCode)).toEqual([0x87, 0x90, 0x80, 0x80, 0x80]);
  expect(carried(subscribeCode)).toEqual([0x87, 0x80, 0x9e, 0x8f, 0x80]);
  expect(carried(unsubscribeCode)).toEqual([0x87, 0x80, 0x80, 0x8f, 0x80]);
});

test("says as much as the error does", () => {
  expect(refusalProperties(new MqttError(0x87))).toEqual({});
  const said = new MqttError(0x87, { reasonString: "no", userProperties: [["k", "v"]] });
  expect(refusalProperties(said)).toEqual({ reasonString: "no", userProperties: [["k", "v"]] });
});
