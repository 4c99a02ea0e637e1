/** Reason codes, their names and places, and the errors that carry them. */
import { describe, expect, test } from "vitest";
import { MqttError, ProtocolError, UnsupportedVersionError } from "./errors.ts";
import { packetTypeName } from "./packet-type.ts";
import { ReasonCode, reasonCodeName, toConnectReturnCode } from "./reason-code.ts";
import { isReasonCodeAllowed } from "./reason-code-places.ts";

describe("names", () => {
  test.each([
    [0x00, "success"],
    [0x01, "granted QoS 1"],
    [0x10, "no matching subscribers"],
    [0x19, "re authenticate"],
    [0x87, "not authorized"],
    [0x9b, "QoS not supported"],
    [0x97, "quota exceeded"],
    [0xa2, "wildcard subscriptions not supported"],
    [0x05, "reason code 0x05"],
    [0xff, "reason code 0xff"],
  ])("0x%x is %s", (code, name) => {
    expect(reasonCodeName(code)).toBe(name);
  });

  test("every code has one", () => {
    for (const code of Object.values(ReasonCode)) expect(reasonCodeName(code)).not.toContain("0x");
    expect(new Set(Object.values(ReasonCode)).size).toBe(43);
  });

  test("packet types have the names of the standard", () => {
    expect(packetTypeName(8)).toBe("SUBSCRIBE");
    expect(packetTypeName(16)).toBe("type 16");
  });
});

describe("return codes of 3.1 and 3.1.1", () => {
  test.each([
    [1, [0x84]],
    [2, [0x85]],
    [3, [0x88, 0x89, 0x8b, 0x97, 0x9c, 0x9d, 0x9f]],
    [4, [0x86, 0x8c]],
    [5, [0x87, 0x8a]],
    [undefined, [0x80, 0x81, 0x82, 0x83, 0x90, 0x95, 0x99]],
  ] as const)("%j stands for what it says best", (returnCode, codes) => {
    for (const code of codes) expect(toConnectReturnCode(code)).toBe(returnCode);
  });
});

test("codes stand where the table of section 2.4 puts them", () => {
  const allowed = (type: number, from: "client" | "server"): string =>
    [...Array(256).keys()]
      .filter((code) => isReasonCodeAllowed(code, type as 4, from))
      .map((code) => code.toString(16).padStart(2, "0"))
      .join(" ");
  expect(allowed(2, "server")).toBe("00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f");
  expect(allowed(2, "client")).toBe("");
  for (const type of [4, 5]) {
    expect(allowed(type, "client")).toBe("00 80 83 87 90 91 97 99");
    expect(allowed(type, "server")).toBe("00 10 80 83 87 90 91 97 99");
  }
  for (const type of [6, 7]) expect(allowed(type, "client")).toBe("00 92");
  expect(allowed(9, "server")).toBe("00 01 02 80 83 87 8f 91 97 9e a1 a2");
  expect(allowed(11, "server")).toBe("00 11 80 83 87 8f 91");
  expect(allowed(14, "client")).toBe("00 04 80 81 82 83 90 93 94 95 96 97 98 99");
  expect(allowed(14, "server")).toBe(
    "00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
  );
  expect(allowed(15, "client")).toBe("18 19");
  expect(allowed(15, "server")).toBe("00 18");
  expect(isReasonCodeAllowed(256, 2, "server")).toBe(false);
});

describe("errors", () => {
  test("a refusal says its code in words unless it has a reason string", () => {
    const plainError = new MqttError(ReasonCode.NotAuthorized);
    expect(plainError).toMatchObject({
      name: "MqttError",
      message: "not authorized",
      reasonCode: 0x87,
      userProperties: [],
    });
    expect(plainError.reasonString).toBeUndefined();
    expect("cause" in plainError).toBe(false);
    const cause = new Error("database");
    const full = new MqttError(ReasonCode.Banned, { reasonString: "go away", userProperties: [["a", "b"]], cause });
    expect(full).toMatchObject({ message: "go away", reasonString: "go away", userProperties: [["a", "b"]], cause });
  });

  test("a protocol error is a refusal with a message of its own", () => {
    const cause = new Error("why");
    const error = new ProtocolError(ReasonCode.TopicAliasInvalid, "topic alias 9 exceeds the maximum of 8", { cause });
    expect(error).toBeInstanceOf(MqttError);
    expect(error).toMatchObject({ name: "ProtocolError", reasonCode: 0x94, cause });
    expect(error.message).toBe("topic alias 9 exceeds the maximum of 8");
  });

  test("an unsupported version says which", () => {
    const error = new UnsupportedVersionError("MQ", 9);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ name: "UnsupportedVersionError", reasonCode: 0x84, protocolName: "MQ", level: 9 });
    expect(error.message).toBe('protocol "MQ" level 9 is not supported');
  });
});
