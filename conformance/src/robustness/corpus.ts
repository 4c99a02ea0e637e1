/** Malformed packets: every packet type times every way to break it, for every version. Made, not collected. */

import { bytes, hex, packet, str, u16, vbi } from "../bytes/bytes.ts";
import {
  ack,
  auth,
  connect,
  disconnect,
  pingreq,
  publish,
  subscribe,
  unsubscribe,
  type Version,
} from "../bytes/packets.ts";
import { P, PROPERTY_RULES, type Property, type PropertyValue, property, rawProperties } from "../bytes/properties.ts";

/** A broken packet. `fatal`: it must end the connection; otherwise the broker may wait, or take it. */
export interface BrokenPacket {
  readonly name: string;
  readonly bytes: Buffer;
  readonly fatal: boolean;
}

/** One good packet of each type that there is. */
function specimens(version: Version): [name: string, good: Buffer][] {
  const five = version === 5;
  const props: Property[] = five ? [[P.user, ["a", "b"]]] : [];
  const acks = [0x40, 0x50, 0x62, 0x70].map((first): [string, Buffer] => [
    `ack ${first.toString(16)}`,
    five ? packet(first, hex("0001 00"), rawProperties(property(P.reasonString, "why"))) : ack(first as 0x40, 1),
  ]);
  return [
    ["CONNECT", connect(version, { id: "x", user: "u", password: "p", will: { topic: "w", payload: "p" }, props })],
    ["CONNACK", five ? hex("20 03 00 00 00") : hex("20 02 00 00")],
    ["PUBLISH 0", publish(version, "topic", "payload", { props })],
    ["PUBLISH 1", publish(version, "topic", "payload", { qos: 1, id: 1, props })],
    ["PUBLISH 2", publish(version, "topic", "payload", { qos: 2, id: 2, props })],
    ...acks,
    [
      "SUBSCRIBE",
      subscribe(
        version,
        1,
        [
          ["a/b", 1],
          ["c/#", 0],
        ],
        props,
      ),
    ],
    ["SUBACK", five ? hex("90 04 0001 00 00") : hex("90 03 0001 00")],
    ["UNSUBSCRIBE", unsubscribe(version, 1, ["a/b", "c/#"], props)],
    ["UNSUBACK", five ? hex("b0 04 0001 00 00") : hex("b0 02 0001")],
    ["PINGREQ", pingreq()],
    ["PINGRESP", hex("d0 00")],
    ["DISCONNECT", five ? disconnect(0, props) : disconnect()],
    ["AUTH", auth(0x19, [[P.authMethod, "M"], ...props])],
  ];
}

/** A value of each property, for putting it where it does not belong. */
function sample(type: string): PropertyValue {
  if (type === "pair") return ["n", "v"];
  return type === "string" || type === "binary" ? "x" : 1;
}

/** The ways to break a packet by its bytes alone. */
function breakings(version: Version, name: string, good: Buffer): BrokenPacket[] {
  const first = good.readUInt8(0);
  const body = good.subarray(2);
  const found: BrokenPacket[] = [];
  const add = (how: string, whole: Buffer, fatal = false): number =>
    found.push({ name: `${name}: ${how}`, bytes: whole, fatal });
  for (let flags = 0; flags < 16; flags++) {
    const wrong = (first & 0xf0) | flags;
    // 3.1 knows DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE.
    const tolerated = version === 3 && flags === 0x0a && (first & 0x0f) === 2;
    const fatal = first >> 4 !== 3 && first >> 4 !== 1 && !tolerated;
    if (wrong !== first) add(`flags ${flags.toString(16)}`, bytes(wrong, good.subarray(1)), fatal);
  }
  for (let length = 0; length < body.length; length++) {
    add(`cut to ${length}, with the length to match`, packet(first, body.subarray(0, length)));
  }
  add("a byte too many", packet(first, body, 0));
  add("many bytes too many", packet(first, body, Buffer.alloc(1000, 0xff)));
  add("a length of five bytes", bytes(first, hex("80 80 80 80 01"), body), true);
  add("a length with idle bytes", bytes(first, good.readUInt8(1) | 0x80, 0, body));
  for (let index = 0; index < body.length; index++) {
    for (const value of [0x00, 0xff, (body.readUInt8(index) + 1) & 0xff, body.readUInt8(index) ^ 0x80]) {
      const changed = Buffer.from(body);
      changed[index] = value;
      add(`byte ${index} is ${value}`, packet(first, changed));
    }
  }
  return found;
}

/** Every property in every packet: once where it may not stand, twice, cut, and with odd values. */
function brokenProperties(): BrokenPacket[] {
  const found: BrokenPacket[] = [];
  const frames: [name: string, make: (block: Buffer) => Buffer][] = [
    ["CONNECT", (block) => connect(5, { id: "x", rawProps: block })],
    ["will", (block) => connect(5, { flags: 6, rawPayload: bytes(str("x"), block, str("t"), str("p")) })],
    ["PUBLISH", (block) => publish(5, "t", "p", { rawProps: block })],
    ["PUBACK", (block) => packet(0x40, u16(1), 0, block)],
    ["PUBREC", (block) => packet(0x50, u16(1), 0, block)],
    ["PUBREL", (block) => packet(0x62, u16(1), 0, block)],
    ["PUBCOMP", (block) => packet(0x70, u16(1), 0, block)],
    ["SUBSCRIBE", (block) => packet(0x82, u16(1), block, str("t"), 0)],
    ["UNSUBSCRIBE", (block) => packet(0xa2, u16(1), block, str("t"))],
    ["DISCONNECT", (block) => packet(0xe0, 0, block)],
    ["AUTH", (block) => packet(0xf0, 0x19, block)],
  ];
  for (const [name, make] of frames) {
    const add = (how: string, block: Buffer, fatal = false): number =>
      found.push({ name: `${name}: ${how}`, bytes: make(block), fatal });
    for (const [id, { type, once }] of PROPERTY_RULES) {
      const one = property(id, sample(type));
      add(`property ${id}`, rawProperties(one));
      add(`property ${id} twice`, rawProperties(one, one), once);
      add(`property ${id} cut`, rawProperties(one.subarray(0, -1)), true);
      if (type === "byte") add(`property ${id} is 255`, rawProperties(id, 255), true);
      if (type === "u16" || type === "u32" || type === "vbi")
        add(`property ${id} is 0`, rawProperties(property(id, 0)));
      if (type === "string") add(`property ${id} is not UTF-8`, rawProperties(id, str(hex("c328"))), true);
    }
    for (const id of [0, 4, 0x0a, 0x10, 0x14, 0x1b, 0x20, 0x2b, 0x7f])
      add(`unknown property ${id}`, rawProperties(id, 0), true);
    add("a property block longer than the packet", bytes(vbi(1000)));
    add("a property block of 256 MB", hex("ff ff ff 7f"), true);
    add("a property length of five bytes", hex("ff ff ff ff 7f"), true);
  }
  return found;
}

/** All broken packets of a version. */
export function corpus(version: Version): BrokenPacket[] {
  const all = specimens(version).flatMap(([name, good]) => breakings(version, name, good));
  return version === 5 ? [...all, ...brokenProperties()] : all;
}
