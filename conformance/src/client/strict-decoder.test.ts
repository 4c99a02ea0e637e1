/** The strict decoder and the conversation: what a broker must not send is noticed, what it may send is read. */

import { describe, expect, test } from "vitest";
import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { connect, publish, subscribe, type Version } from "../bytes/packets.ts";
import { P, properties, property, rawProperties } from "../bytes/properties.ts";
import { Conversation } from "./conversation.ts";
import { StrictDecoder } from "./strict-decoder.ts";

function decode(version: Version, chunk: Buffer): string[] {
  const decoder = new StrictDecoder(version);
  decoder.push(chunk);
  const names: string[] = [];
  for (let found = decoder.next(); found !== undefined; found = decoder.next()) names.push(found.describe());
  return names;
}

const connack5 = hex("20 03 00 00 00");
const forbidden5: [name: string, sent: Buffer, statement: string][] = [
  ["a wrong first byte", hex("60 02 0001"), "MQTT-2.1.3-1"],
  ["a packet that only clients send", connect(5, { id: "a" }), "MQTT-2.1.3-1"],
  ["an idle byte in the Remaining Length", hex("d0 80 00"), "MQTT-1.5.5-1"],
  ["an idle byte in a Property Length", hex("20 04 00 00 80 00"), "MQTT-1.5.5-1"],
  ["a CONNACK without properties", hex("20 02 00 00"), "MQTT-4.13.1-1"],
  ["CONNACK flags", hex("20 03 02 00 00"), "MQTT-3.2.2-1"],
  ["Session Present in a refusal", hex("20 03 01 87 00"), "MQTT-3.2.2-6"],
  ["a CONNACK code that does not exist", hex("20 03 00 01 00"), "MQTT-3.2.2-8"],
  ["Maximum QoS 2", hex("20 05 00 00 02 24 02"), "GMQTT-20-6"],
  ["a property twice", hex("20 09 00 00 06 21 0001 21 0001"), "GMQTT-20-1"],
  ["a property of another packet", hex("20 06 00 00 03 23 0001"), "GMQTT-20-1"],
  ["an unknown property", hex("20 05 00 00 02 7e 00"), "GMQTT-20-1"],
  ["QoS 3", packet(0x36, str("a"), u16(1), 0), "MQTT-3.3.1-4"],
  ["DUP with QoS 0", packet(0x38, str("a"), 0), "MQTT-3.3.1-2"],
  ["identifier 0", publish(5, "a", "", { qos: 1, id: 0 }), "MQTT-2.2.1-4"],
  ["a topic name with a wildcard", publish(5, "a/+"), "MQTT-3.3.2-2"],
  ["a topic name that is not UTF-8", publish(5, hex("c080")), "MQTT-1.5.4-1"],
  ["a topic name with U+0000", publish(5, hex("00")), "MQTT-1.5.4-2"],
  ["an empty topic name", publish(5, ""), "MQTT-4.7.3-1"],
  ["topic alias 0", publish(5, "a", "", { props: [[P.topicAlias, 0]] }), "MQTT-3.3.2-8"],
  ["a response topic with a wildcard", publish(5, "a", "", { props: [[P.responseTopic, "#"]] }), "MQTT-3.3.2-14"],
  ["a PUBACK code that does not exist", hex("40 03 0001 92"), "MQTT-3.4.2-1"],
  ["a PUBREL code of others", hex("62 03 0001 10"), "MQTT-3.6.2-1"],
  ["a SUBACK code that does not exist", hex("90 04 0001 00 03"), "MQTT-3.9.3-2"],
  ["a DISCONNECT code of clients", hex("e0 01 04"), "MQTT-3.14.2-1"],
  ["an expiry in DISCONNECT", packet(0xe0, 0x8b, rawProperties(property(P.sessionExpiry, 1))), "MQTT-3.14.2-2"],
  ["bytes left over", hex("d0 01 00"), "MQTT-4.13.1-1"],
];

describe("the strict decoder", () => {
  test.each(forbidden5)("refuses %s", (_name, sent, statement) => {
    expect(() => decode(5, sent)).toThrow(`[${statement}]`);
  });

  test("refuses packets, codes and forms of 5.0 towards 3.1.1", () => {
    for (const sent of [hex("e0 00"), hex("f0 00"), hex("40 03 0001 00"), hex("90 03 0001 87"), hex("20 02 00 85")]) {
      expect(() => decode(4, sent)).toThrow("the broker sent");
    }
    expect(() => decode(3, hex("20 02 01 00"))).toThrow("[GMQTT-19-2]");
  });

  test("reads what may come, in any pieces", () => {
    const all = bytes(connack5, publish(5, "a", "b", { qos: 1, id: 5, props: [[P.user, ["x", "y"]]] }), hex("d0 00"));
    expect(decode(5, all)).toEqual(["CONNACK", 'PUBLISH a "b" QoS 1 id 5', "PINGRESP"]);
    const decoder = new StrictDecoder(5);
    const names: string[] = [];
    for (const byte of all) {
      decoder.push(Buffer.of(byte));
      for (let found = decoder.next(); found !== undefined; found = decoder.next()) names.push(found.name);
    }
    expect(names).toEqual(["connack", "publish", "pingresp"]);
  });
});

describe("the conversation", () => {
  function converse(
    options: Parameters<typeof connect>[1],
    sent: readonly Buffer[],
    received: readonly Buffer[],
  ): void {
    const decoder = new StrictDecoder(5);
    const conversation = new Conversation(5, options ?? {});
    for (const chunk of sent) conversation.sent(chunk);
    for (const chunk of received) {
      decoder.push(chunk);
      for (let found = decoder.next(); found !== undefined; found = decoder.next()) conversation.received(found);
    }
  }

  const message = (id: number): Buffer => publish(5, "a", "", { qos: 1, id });
  const suback = packet(0x90, u16(1), properties(), 0);
  const cases: [name: string, options: Parameters<typeof connect>[1], received: Buffer[], statement: string][] = [
    ["anything before CONNACK", {}, [hex("d0 00")], "MQTT-3.2.0-1"],
    ["DISCONNECT before CONNACK", {}, [hex("e0 00")], "MQTT-3.14.0-1"],
    ["a second CONNACK", {}, [connack5, connack5], "MQTT-3.2.0-2"],
    ["anything after DISCONNECT", {}, [connack5, hex("e0 01 8b"), hex("d0 00")], "MQTT-3.14.4-1"],
    ["anything after a refusal", {}, [hex("20 03 00 87 00"), hex("d0 00")], "MQTT-3.2.2-7"],
    ["an identifier twice", {}, [connack5, message(1), message(1)], "MQTT-2.2.1-4"],
    ["more than Receive Maximum", { receiveMaximum: 1 }, [connack5, message(1), message(2)], "MQTT-3.3.4-9"],
    ["more than Maximum Packet Size", { maximumPacketSize: 5 }, [connack5, message(1)], "MQTT-3.1.2-24"],
    ["a SUBACK nobody asked for", {}, [connack5, suback], "MQTT-2.2.1-6"],
    [
      "an alias above the maximum",
      {},
      [connack5, publish(5, "a", "", { props: [[P.topicAlias, 1]] })],
      "MQTT-3.1.2-26",
    ],
    [
      "an alias that was not introduced",
      { aliasMaximum: 1 },
      [connack5, publish(5, "", "", { props: [[P.topicAlias, 1]] })],
      "MQTT-3.3.2-7",
    ],
    [
      "a name for a client that has one",
      { id: "a" },
      [packet(0x20, 0, 0, properties([[P.assignedClientId, "b"]]))],
      "MQTT-3.1.3-7",
    ],
  ];

  test.each(cases)("refuses %s", (_name, options, received, statement) => {
    expect(() => converse(options, [], received)).toThrow(`[${statement}]`);
  });

  test("lets pass what was acknowledged and asked for", () => {
    const sent = [subscribe(5, 1, [["a", 1]])];
    converse({ receiveMaximum: 1 }, sent, [connack5, suback, message(1)]);
    const conversation = new Conversation(5, { receiveMaximum: 1 });
    const decoder = new StrictDecoder(5);
    decoder.push(bytes(connack5, message(1), message(2)));
    for (const acknowledge of [false, false, true]) {
      if (acknowledge) conversation.sent(hex("40 02 0001"));
      const found = decoder.next();
      expect(found).toBeDefined();
      if (found !== undefined) conversation.received(found);
    }
    expect([...conversation.inflight]).toEqual([2]);
  });
});
