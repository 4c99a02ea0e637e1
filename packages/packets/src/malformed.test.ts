/** What is refused, with which reason code: sections 1 to 6, 13 and 14 of the wire reference, row by row. */
import { describe, expect, test } from "vitest";
import type { ProtocolVersion, Sender } from "./packet-type.ts";
import { bytes, decodeAll, refusal } from "./testing/bytes.ts";

type Row = readonly [
  what: string,
  notation: string,
  code: number,
  versions?: readonly ProtocolVersion[],
  from?: Sender,
];

const ALL = [3, 4, 5] as const;
const V5 = [5] as const;
const OLD = [3, 4] as const;
const V4 = [4] as const;
const STRICT = [4, 5] as const;

const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;
const TOPIC_NAME_INVALID = 0x90;
const TOPIC_ALIAS_INVALID = 0x94;

/** The body of a CONNECT up to the client identifier, with connect flags. */
const CONNECT: Record<ProtocolVersion, (flags: string) => string> = {
  3: (flags) => `10 ~ 0006 'MQIsdp' 03 ${flags} 003c 0001 'c'`,
  4: (flags) => `10 ~ 0004 'MQTT' 04 ${flags} 003c 0001 'c'`,
  5: (flags) => `10 ~ 0004 'MQTT' 05 ${flags} 003c 00 0001 'c'`,
};
const connect5 = (properties: string): string => `10 ~ 0004 'MQTT' 05 02 003c [${properties}] 0001 'c'`;
const will5 = (properties: string): string => `10 ~ 0004 'MQTT' 05 06 003c 00 0001 'c' [${properties}] 0001 'w' 0000`;
const publish5 = (properties: string): string => `30 ~ 0001 't' [${properties}]`;

function refuses(title: string, rows: readonly Row[]): void {
  const cases = rows.flatMap(([what, notation, code, versions = ALL, from = "client"]) =>
    versions.map((version) => ({ what, notation, code, version, from })),
  );
  test.each(cases)(`${title}: $what (version $version, from a $from)`, ({ notation, code, version, from }) => {
    const error = refusal(bytes(notation), { from, version });
    expect(error.reasonCode.toString(16)).toBe(code.toString(16));
    expect(error.message).toMatch(/^(?=\S)[^\n]*[^.]$/);
  });
}

describe("fixed header", () => {
  const otherFlags = (first: number): string[] =>
    [...Array(16).keys()]
      .filter((flags) => flags !== (first & 15))
      .map((flags) => ((first & 0xf0) | flags).toString(16));

  refuses("reserved flags [MQTT-2.1.3-1]", [
    ...otherFlags(0x10).map((first): Row => [`CONNECT ${first}`, `${first} 00`, MALFORMED]),
    ...otherFlags(0x40).map((first): Row => [`PUBACK ${first}`, `${first} 02 0001`, MALFORMED]),
    ...otherFlags(0x50).map((first): Row => [`PUBREC ${first}`, `${first} 02 0001`, MALFORMED]),
    ...otherFlags(0x62).map((first): Row => [`PUBREL ${first}`, `${first} 02 0001`, MALFORMED, STRICT]),
    ...otherFlags(0x70).map((first): Row => [`PUBCOMP ${first}`, `${first} 02 0001`, MALFORMED]),
    ...otherFlags(0x82).map((first): Row => [`SUBSCRIBE ${first}`, `${first} 06 0001 0001 'a' 00`, MALFORMED, STRICT]),
    ...otherFlags(0xa2).map((first): Row => [`UNSUBSCRIBE ${first}`, `${first} 05 0001 0001 'a'`, MALFORMED, STRICT]),
    ...otherFlags(0xc0).map((first): Row => [`PINGREQ ${first}`, `${first} 00`, MALFORMED]),
    ...otherFlags(0xe0).map((first): Row => [`DISCONNECT ${first}`, `${first} 00`, MALFORMED]),
    ...otherFlags(0xf0).map((first): Row => [`AUTH ${first}`, `${first} 00`, MALFORMED, V5]),
    ...otherFlags(0x20).map((first): Row => [`CONNACK ${first}`, `${first} 02 0000`, MALFORMED, ALL, "server"]),
    ...otherFlags(0x90).map((first): Row => [`SUBACK ${first}`, `${first} 03 000100`, MALFORMED, ALL, "server"]),
    ...otherFlags(0xb0).map((first): Row => [`UNSUBACK ${first}`, `${first} 02 0001`, MALFORMED, ALL, "server"]),
    ...otherFlags(0xd0).map((first): Row => [`PINGRESP ${first}`, `${first} 00`, MALFORMED, ALL, "server"]),
    ["PUBREL 60 also in 3.1", "60 02 0001", MALFORMED, [3]],
    ["SUBSCRIBE 84 also in 3.1", "84 06 0001 0001 'a' 00", MALFORMED, [3]],
  ]);

  refuses("types", [
    ["type 0 is reserved", "00 00", MALFORMED],
    ["AUTH before 5.0", "f0 00", MALFORMED, OLD],
    ["AUTH before 5.0, from a server", "f0 00", MALFORMED, OLD, "server"],
  ]);

  refuses("direction", [
    ["CONNACK from a client", "20 02 0000", PROTOCOL_ERROR],
    ["SUBACK from a client", "90 03 000100", PROTOCOL_ERROR],
    ["UNSUBACK from a client", "b0 02 0001", PROTOCOL_ERROR],
    ["PINGRESP from a client", "d0 00", PROTOCOL_ERROR],
    ["CONNECT from a server", CONNECT[5]("02"), PROTOCOL_ERROR, ALL, "server"],
    ["SUBSCRIBE from a server", "82 06 0001 0001 'a' 00", PROTOCOL_ERROR, ALL, "server"],
    ["UNSUBSCRIBE from a server", "a2 05 0001 0001 'a'", PROTOCOL_ERROR, ALL, "server"],
    ["PINGREQ from a server", "c0 00", PROTOCOL_ERROR, ALL, "server"],
    ["DISCONNECT from a server before 5.0", "e0 00", PROTOCOL_ERROR, OLD, "server"],
  ]);

  refuses("remaining length [MQTT-1.5.5-1]", [
    ["a fourth byte that promises a fifth, at once", "30 ffffffff", MALFORMED],
    ["five bytes", "30 8080808001", MALFORMED],
    ["zero in two bytes", "c0 8000", MALFORMED],
    ["one in two bytes", "30 8100", MALFORMED],
    ["one in four bytes", "30 81808000", MALFORMED],
    ["PINGREQ with a body", "c0 01 00", MALFORMED],
    ["PINGRESP with a body", "d0 01 00", MALFORMED, ALL, "server"],
    ["PUBACK of one byte", "40 01 00", MALFORMED],
    ["PUBACK of none", "40 00", MALFORMED],
    ["PUBACK of three bytes before 5.0", "40 03 0001 00", MALFORMED, OLD],
    ["DISCONNECT with a body before 5.0", "e0 01 00", MALFORMED, OLD],
    ["UNSUBACK with codes before 5.0", "b0 03 0001 00", MALFORMED, OLD, "server"],
    ["CONNACK of three bytes before 5.0", "20 03 0000 00", MALFORMED, OLD, "server"],
    ["CONNACK without property length", "20 02 0000", MALFORMED, V5, "server"],
    ["PUBLISH of one byte", "30 01 00", MALFORMED],
    ["PUBLISH of none", "30 00", MALFORMED],
    ["PUBLISH whose topic is longer than it", "30 03 0002 'a'", MALFORMED],
    ["PUBLISH that ends in its packet identifier", "32 04 0001 'a' 00", MALFORMED],
    ["PUBLISH without property length", "30 03 0001 'a'", MALFORMED, V5],
    ["PUBLISH whose properties are longer than it", "30 06 0001 'a' 03 0100", MALFORMED, V5],
    ["PUBLISH whose properties end in one", "30 08 0001 'a' 02 0200 0000", MALFORMED, V5],
    ["PUBACK with properties longer than it", "40 05 0001 00 02 1f", MALFORMED, V5],
    ["PUBACK with a byte behind its properties", "40 05 0001 00 00 00", MALFORMED, V5],
    ["DISCONNECT with a byte behind its properties", "e0 03 00 00 00", MALFORMED, V5],
    ["AUTH with a byte behind its properties", "f0 ~ 18 [15 0001 'm'] 00", MALFORMED, V5],
    ["CONNECT with a byte behind its last field", `${CONNECT[5]("02")} 00`, MALFORMED, V5],
    ["CONNECT with a byte behind its last field", `${CONNECT[4]("02")} 00`, MALFORMED, V4],
    ["CONNECT with a byte behind its last field", `${CONNECT[3]("02")} 00`, MALFORMED, [3]],
    ["properties whose length takes more bytes than needed", "30 05 0001 'a' 8000", MALFORMED, V5],
    ["properties whose length has five bytes", "30 08 0001 'a' ffffffffff", MALFORMED, V5],
  ]);
});

describe("PUBLISH", () => {
  refuses("flags", [
    ["QoS 3 [MQTT-3.3.1-4]", "36 05 0001 't' 0001", MALFORMED],
    ["DUP at QoS 0 [MQTT-3.3.1-2]", "38 04 0001 't' 00", MALFORMED, STRICT],
  ]);
  refuses("fields", [
    ["packet identifier 0 [MQTT-2.2.1-3]", "32 06 0001 't' 0000 00", PROTOCOL_ERROR],
    ["packet identifier 0 at QoS 2", "34 06 0001 't' 0000 00", PROTOCOL_ERROR],
    ["topic with + [MQTT-3.3.2-2]", "30 06 0003 'a/+' 00", TOPIC_NAME_INVALID],
    ["topic with #", "30 05 0002 'a#' 00", TOPIC_NAME_INVALID],
    ["topic with U+0000 [MQTT-4.7.3-2]", "30 06 0003 610062 00", MALFORMED],
    ["topic of ill-formed UTF-8", "30 05 0002 c328 00", MALFORMED],
    ["empty topic [MQTT-4.7.3-1]", "30 03 0000 00", MALFORMED, OLD],
    ["empty topic without an alias", "30 03 0000 00", PROTOCOL_ERROR, V5],
    ["empty topic with other properties", "30 ~ 0000 [01 01]", PROTOCOL_ERROR, V5],
    ["topic alias 0 [MQTT-3.3.2-8]", publish5("23 0000"), TOPIC_ALIAS_INVALID, V5],
    ["subscription identifier from a client [MQTT-3.3.4-6]", publish5("0b 01"), PROTOCOL_ERROR, V5],
    ["response topic with + [MQTT-3.3.2-14]", publish5("08 0003 'a/+'"), PROTOCOL_ERROR, V5],
    ["response topic with #", publish5("08 0001 '#'"), PROTOCOL_ERROR, V5],
    ["empty response topic", publish5("08 0000"), PROTOCOL_ERROR, V5],
  ]);
  refuses("from a server", [
    ["subscription identifier 0", publish5("0b 00"), PROTOCOL_ERROR, V5, "server"],
    ["subscription identifier of five bytes", publish5("0b ffffffff01"), MALFORMED, V5, "server"],
    ["subscription identifier longer than needed", publish5("0b 8100"), MALFORMED, V5, "server"],
  ]);
});

describe("CONNECT", () => {
  refuses("flags", [
    ["reserved flag [MQTT-3.1.2-3]", CONNECT[5]("03"), MALFORMED, V5],
    ["reserved flag [MQTT-3.1.2-3]", CONNECT[4]("03"), MALFORMED, V4],
    ["will QoS 3 [MQTT-3.1.2-12]", `${CONNECT[5]("1e")} 00 0001 'w' 0000`, MALFORMED, V5],
    ["will QoS 3 [MQTT-3.1.2-12]", `${CONNECT[4]("1e")} 0001 'w' 0000`, MALFORMED, V4],
    ["will QoS 3 [MQTT-3.1.2-12]", `${CONNECT[3]("1e")} 0001 'w' 0000`, MALFORMED, [3]],
    ["will QoS without will [MQTT-3.1.2-11]", CONNECT[5]("0a"), MALFORMED, V5],
    ["will QoS without will [MQTT-3.1.2-11]", CONNECT[4]("12"), MALFORMED, V4],
    ["will retain without will [MQTT-3.1.2-13]", CONNECT[5]("22"), MALFORMED, V5],
    ["will retain without will [MQTT-3.1.2-13]", CONNECT[4]("22"), MALFORMED, V4],
    ["password without user name [MQTT-3.1.2-22]", `${CONNECT[4]("42")} 0001 'p'`, MALFORMED, V4],
    ["password without user name", `${CONNECT[3]("42")} 0001 'p'`, MALFORMED, [3]],
    ["user name flag without the field", CONNECT[4]("82"), MALFORMED, V4],
    ["user name flag without the field", CONNECT[5]("82"), MALFORMED, V5],
    ["user name without the flag", `${CONNECT[5]("02")} 0001 'u'`, MALFORMED, V5],
    ["will flag without the fields", CONNECT[4]("06"), MALFORMED, V4],
  ]);
  refuses("fields", [
    ["client identifier of ill-formed UTF-8 [MQTT-1.5.4-1]", "10 ~ 0004 'MQTT' 05 02 003c 00 0001 ff", MALFORMED],
    ["user name with U+0000 [MQTT-1.5.4-2]", `${CONNECT[5]("82")} 0001 00`, MALFORMED],
    ["will topic with a wildcard", `${CONNECT[5]("06")} 00 0002 '/#' 0000`, TOPIC_NAME_INVALID],
    ["empty will topic", `${CONNECT[5]("06")} 00 0000 0000`, TOPIC_NAME_INVALID],
    ["will topic with U+0000", `${CONNECT[4]("06")} 0001 00 0000`, MALFORMED],
    ["receive maximum 0", connect5("21 0000"), PROTOCOL_ERROR],
    ["maximum packet size 0", connect5("27 00000000"), PROTOCOL_ERROR],
    ["request problem information 2", connect5("17 02"), PROTOCOL_ERROR],
    ["request response information 2", connect5("19 02"), PROTOCOL_ERROR],
    ["authentication data without a method", connect5("16 0001 00"), PROTOCOL_ERROR],
    ["payload format indicator 2 in the will", will5("01 02"), PROTOCOL_ERROR],
    ["response topic with a wildcard in the will", will5("08 0001 '+'"), PROTOCOL_ERROR],
    ["receive maximum in the will", will5("21 0001"), MALFORMED],
    ["will delay interval outside the will", connect5("18 00000000"), MALFORMED],
  ]);
});

describe("subscriptions", () => {
  refuses("SUBSCRIBE", [
    ["packet identifier 0", "82 06 0000 0001 'a' 00", PROTOCOL_ERROR, OLD],
    ["packet identifier 0", "82 07 0000 00 0001 'a' 00", PROTOCOL_ERROR, V5],
    ["no filter [MQTT-3.8.3-2]", "82 02 0001", PROTOCOL_ERROR, OLD],
    ["no filter [MQTT-3.8.3-2]", "82 03 0001 00", PROTOCOL_ERROR, V5],
    ["QoS 3", "82 06 0001 0001 'a' 03", PROTOCOL_ERROR, OLD],
    ["QoS 3", "82 07 0001 00 0001 'a' 03", PROTOCOL_ERROR, V5],
    ["options of 5.0 before it", "82 06 0001 0001 'a' 04", MALFORMED, OLD],
    ["reserved option bit 6 [MQTT-3.8.3-5]", "82 07 0001 00 0001 'a' 40", MALFORMED, V5],
    ["reserved option bit 7 [MQTT-3.8.3-5]", "82 07 0001 00 0001 'a' 80", MALFORMED, V5],
    ["retain handling 3", "82 07 0001 00 0001 'a' 30", PROTOCOL_ERROR, V5],
    ["no local on a shared subscription [MQTT-3.8.3-4]", "82 ~ 0001 00 000a '$share/g/a' 05", PROTOCOL_ERROR, V5],
    ["filter without options", "82 05 0001 0001 'a'", MALFORMED, OLD],
    ["filter of ill-formed UTF-8", "82 06 0001 0001 ff 00", MALFORMED, OLD],
    ["filter with U+0000", "82 06 0001 0001 00 00", MALFORMED, OLD],
    ["subscription identifier 0", "82 ~ 0001 [0b 00] 0001 'a' 00", PROTOCOL_ERROR, V5],
    ["two subscription identifiers", "82 ~ 0001 [0b 01 0b 02] 0001 'a' 00", PROTOCOL_ERROR, V5],
  ]);
  refuses("UNSUBSCRIBE", [
    ["packet identifier 0", "a2 05 0000 0001 'a'", PROTOCOL_ERROR, OLD],
    ["no filter [MQTT-3.10.3-2]", "a2 02 0001", PROTOCOL_ERROR, OLD],
    ["no filter [MQTT-3.10.3-2]", "a2 03 0001 00", PROTOCOL_ERROR, V5],
    ["filter of ill-formed UTF-8", "a2 ~ 0001 0002 c080", MALFORMED, OLD],
  ]);
  refuses("answers", [
    ["SUBACK without codes", "90 02 0001", MALFORMED, OLD, "server"],
    ["SUBACK without codes", "90 03 0001 00", MALFORMED, V5, "server"],
    ["SUBACK 3 [MQTT-3.9.3-2]", "90 03 0001 03", PROTOCOL_ERROR, OLD, "server"],
    ["SUBACK 0x87 before 5.0", "90 03 0001 87", PROTOCOL_ERROR, OLD, "server"],
    ["SUBACK 0x11", "90 04 0001 00 11", PROTOCOL_ERROR, V5, "server"],
    ["UNSUBACK without codes", "b0 03 0001 00", MALFORMED, V5, "server"],
    ["UNSUBACK 0x01", "b0 04 0001 00 01", PROTOCOL_ERROR, V5, "server"],
  ]);
});

describe("answers, ends and authentication", () => {
  refuses("packet identifier 0 [MQTT-2.2.1-3]", [
    ["PUBACK", "40 02 0000", PROTOCOL_ERROR],
    ["PUBREC", "50 02 0000", PROTOCOL_ERROR],
    ["PUBREL", "62 02 0000", PROTOCOL_ERROR],
    ["PUBCOMP", "70 02 0000", PROTOCOL_ERROR],
    ["SUBACK", "90 03 0000 00", PROTOCOL_ERROR, OLD, "server"],
    ["UNSUBACK", "b0 02 0000", PROTOCOL_ERROR, OLD, "server"],
  ]);
  refuses("CONNACK", [
    ["reserved flags [MQTT-3.2.2-1]", "20 03 02 00 00", MALFORMED, V5, "server"],
    ["reserved flags [MQTT-3.2.2-1]", "20 02 80 00", MALFORMED, V4, "server"],
    ["return code 6", "20 02 00 06", PROTOCOL_ERROR, OLD, "server"],
    ["session present in a refusal [MQTT-3.2.2-6]", "20 03 01 87 00", PROTOCOL_ERROR, V5, "server"],
    ["session present in a refusal", "20 02 01 05", PROTOCOL_ERROR, V4, "server"],
    ["reason code 0x92", "20 03 00 92 00", PROTOCOL_ERROR, V5, "server"],
    ["maximum QoS 2 [MQTT-3.2.2-9]", "20 ~ 00 00 [24 02]", PROTOCOL_ERROR, V5, "server"],
    ["retain available 2", "20 ~ 00 00 [25 02]", PROTOCOL_ERROR, V5, "server"],
    ["wildcard subscription available 2", "20 ~ 00 00 [28 ff]", PROTOCOL_ERROR, V5, "server"],
    ["subscription identifier available 2", "20 ~ 00 00 [29 02]", PROTOCOL_ERROR, V5, "server"],
    ["shared subscription available 2", "20 ~ 00 00 [2a 02]", PROTOCOL_ERROR, V5, "server"],
  ]);
  refuses("DISCONNECT", [
    ["code of a server from a client", "e0 01 8b", PROTOCOL_ERROR, V5],
    ["code of a client from a server", "e0 01 04", PROTOCOL_ERROR, V5, "server"],
    ["unknown code", "e0 01 05", PROTOCOL_ERROR, V5],
    ["server reference from a client", "e0 ~ 00 [1c 0001 's']", PROTOCOL_ERROR, V5],
    ["session expiry from a server [MQTT-3.14.2-2]", "e0 ~ 00 [11 00000000]", PROTOCOL_ERROR, V5, "server"],
  ]);
  refuses("AUTH", [
    ["no body, so no method", "f0 00", PROTOCOL_ERROR, V5],
    ["no method", "f0 02 18 00", PROTOCOL_ERROR, V5],
    ["data without a method", "f0 ~ 18 [16 0000]", PROTOCOL_ERROR, V5],
    ["success from a client", "f0 ~ 00 [15 0001 'm']", PROTOCOL_ERROR, V5],
    ["re-authentication from a server", "f0 ~ 19 [15 0001 'm']", PROTOCOL_ERROR, V5, "server"],
    ["unknown code", "f0 ~ 01 [15 0001 'm']", PROTOCOL_ERROR, V5],
    ["code without property length", "f0 01 18", MALFORMED, V5],
  ]);
  refuses("acknowledgements", [
    ["PUBACK 0x92", "40 03 0001 92", PROTOCOL_ERROR, V5],
    ["PUBACK 0x10 from a client", "40 03 0001 10", PROTOCOL_ERROR, V5],
    ["PUBREC 0x01", "50 03 0001 01", PROTOCOL_ERROR, V5],
    ["PUBREL 0x80", "62 03 0001 80", PROTOCOL_ERROR, V5],
    ["PUBCOMP 0x97", "70 03 0001 97", PROTOCOL_ERROR, V5],
  ]);
});

describe("strings [MQTT-1.5.4-1] [MQTT-1.5.4-2]", () => {
  const illFormed: Record<string, string> = {
    "an overlong slash": "c0af",
    "an overlong slash of three bytes": "e080af",
    "a surrogate [U+D800]": "eda080",
    "a pair of surrogates": "eda0bdedb880",
    "a stray continuation byte": "80",
    "a missing continuation byte": "c3",
    "a code point above U+10FFFF": "f4908080",
    "U+0000": "610062",
    "U+0000 alone": "00",
    "a byte that never occurs": "ff",
  };
  const long = (hex: string): string => "61".repeat(200) + hex;
  const places: Record<string, (hex: string) => string> = {
    "the user name": (hex) => `${CONNECT[5]("82")} ${field(hex)}`,
    "the client identifier": (hex) => `10 ~ 0004 'MQTT' 05 02 003c 00 ${field(hex)}`,
    "the protocol name": (hex) => `10 ~ ${field(hex)} 05 02 003c 00 0000`,
    "the will topic": (hex) => `${CONNECT[5]("06")} 00 ${field(hex)} 0000`,
    "a topic": (hex) => `30 ~ ${field(hex)} 00`,
    "a filter": (hex) => `82 ~ 0001 00 ${field(hex)} 00`,
    "a filter to unsubscribe": (hex) => `a2 ~ 0001 00 ${field(hex)}`,
    "the content type": (hex) => publish5(`03 ${field(hex)}`),
    "the response topic": (hex) => publish5(`08 ${field(hex)}`),
    "the authentication method": (hex) => connect5(`15 ${field(hex)}`),
    "a reason string": (hex) => `40 ~ 0001 00 [1f ${field(hex)}]`,
    "the name of a user property": (hex) => publish5(`26 ${field(hex)} 0000`),
    "the value of a user property": (hex) => publish5(`26 0000 ${field(hex)}`),
    "the value of a user property of the will": (hex) => will5(`26 0000 ${field(hex)}`),
  };
  function field(hex: string): string {
    return (hex.length / 2).toString(16).padStart(4, "0") + hex;
  }

  describe.each(Object.entries(places))("in %s", (_, notation) => {
    test.each(Object.entries(illFormed))("%s is refused", (_name, hex) => {
      expect(refusal(bytes(notation(hex)), { from: "client", version: 5 }).reasonCode).toBe(MALFORMED);
      expect(refusal(bytes(notation(long(hex))), { from: "client", version: 5 }).reasonCode).toBe(MALFORMED);
    });
  });

  test("control characters and non-characters are permitted", () => {
    const [packet] = decodeAll(bytes("30 ~ 0007 01 7f c29f efbfbf 00"), { from: "client", version: 5 });
    expect(packet).toMatchObject({ topic: "\u0001\u007f\u009f\uffff" });
  });
});
