/** Every property in every place: allowed or not, once or more, complete or cut (section 2.2.2.2). */
import { describe, expect, test } from "vitest";
import type { Sender } from "../packet-type.ts";
import { bytes, decodeAll, field, frame, refusal, withLength } from "../testing/bytes.ts";

/** How each property is written with a value it may have; the places come from the wire reference, section 3. */
const PROPERTIES: readonly (readonly [id: number, value: string, places: string])[] = [
  [0x01, "01", "PUBLISH Will"],
  [0x02, "00000001", "PUBLISH Will"],
  [0x03, "0001 'c'", "PUBLISH Will"],
  [0x08, "0001 'r'", "PUBLISH Will"],
  [0x09, "0001 00", "PUBLISH Will"],
  [0x0b, "01", "PUBLISH SUBSCRIBE"],
  [0x11, "00000001", "CONNECT CONNACK DISCONNECT"],
  [0x12, "0001 'i'", "CONNACK"],
  [0x13, "0001", "CONNACK"],
  [0x15, "0001 'm'", "CONNECT CONNACK AUTH"],
  [0x16, "0001 00", "CONNECT CONNACK AUTH"],
  [0x17, "01", "CONNECT"],
  [0x18, "00000001", "Will"],
  [0x19, "01", "CONNECT"],
  [0x1a, "0001 'r'", "CONNACK"],
  [0x1c, "0001 's'", "CONNACK DISCONNECT"],
  [0x1f, "0001 'r'", "CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH"],
  [0x21, "0001", "CONNECT CONNACK"],
  [0x22, "0001", "CONNECT CONNACK"],
  [0x23, "0001", "PUBLISH"],
  [0x24, "01", "CONNACK"],
  [0x25, "01", "CONNACK"],
  [
    0x26,
    "0001 'n' 0001 'v'",
    "CONNECT Will CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK DISCONNECT AUTH",
  ],
  [0x27, "00000001", "CONNECT CONNACK"],
  [0x28, "01", "CONNACK"],
  [0x29, "01", "CONNACK"],
  [0x2a, "01", "CONNACK"],
];

interface Place {
  readonly from: Sender;
  /** The packet around a property list. */
  readonly packet: (list: Buffer) => Buffer;
}

function around(first: number, before: string, after: string): (list: Buffer) => Buffer {
  return (list) => frame(first, Buffer.concat([bytes(before), withLength(list), bytes(after)]));
}

const PLACES: Readonly<Record<string, Place>> = {
  CONNECT: { from: "client", packet: around(0x10, "0004 'MQTT' 05 02 003c", "0001 'c'") },
  Will: { from: "client", packet: around(0x10, "0004 'MQTT' 05 06 003c 00 0001 'c'", "0001 'w' 0000") },
  CONNACK: { from: "server", packet: around(0x20, "00 00", "") },
  PUBLISH: { from: "server", packet: around(0x30, "0001 't'", "'payload'") },
  PUBACK: { from: "client", packet: around(0x40, "0001 00", "") },
  PUBREC: { from: "server", packet: around(0x50, "0001 00", "") },
  PUBREL: { from: "client", packet: around(0x62, "0001 00", "") },
  PUBCOMP: { from: "server", packet: around(0x70, "0001 00", "") },
  SUBSCRIBE: { from: "client", packet: around(0x82, "0001", "0001 'a' 00") },
  SUBACK: { from: "server", packet: around(0x90, "0001", "00") },
  UNSUBSCRIBE: { from: "client", packet: around(0xa2, "0001", "0001 'a'") },
  UNSUBACK: { from: "server", packet: around(0xb0, "0001", "00") },
  DISCONNECT: { from: "client", packet: around(0xe0, "00", "") },
  AUTH: { from: "server", packet: around(0xf0, "18", "") },
};

/** What has to stand beside a property for it to be complete. */
function companion(id: number, place: string): string {
  if (place === "AUTH" && id !== 0x15) return "15 0001 'm'";
  return id === 0x16 ? "15 0001 'm'" : "";
}

describe.each(Object.entries(PLACES))("in %s", (name, place) => {
  const from = name === "DISCONNECT" ? undefined : place.from;

  test.each(PROPERTIES.map(([id, value, places]) => ({ hex: id.toString(16).padStart(2, "0"), id, value, places })))(
    "property 0x$hex is accepted once, or refused with the right code",
    ({ hex, id, value, places }) => {
      const one = bytes(`${hex} ${value}`);
      const rest = bytes(companion(id, name));
      const sender = from ?? (id === 0x1c ? "server" : "client");
      const options = { from: sender, version: 5 } as const;
      if (!places.split(" ").includes(name)) {
        expect(refusal(place.packet(Buffer.concat([one, rest])), options).reasonCode).toBe(0x81);
        return;
      }
      expect(decodeAll(place.packet(Buffer.concat([one, rest])), options)).toHaveLength(1);
      // cut short within the list
      for (let length = 1; length < one.length; length++) {
        expect(refusal(place.packet(one.subarray(0, length)), options).reasonCode).toBe(0x81);
      }
      const twice = place.packet(Buffer.concat([one, rest, one]));
      if (id === 0x26 || (id === 0x0b && name === "PUBLISH")) {
        expect(decodeAll(twice, options)).toHaveLength(1);
      } else {
        expect(refusal(twice, options).reasonCode).toBe(0x82);
      }
    },
  );

  test("unknown identifiers are refused", () => {
    const known = new Set(PROPERTIES.map(([id]) => id));
    const options = { from: from ?? "client", version: 5 } as const;
    for (let id = 0; id < 0x80; id++) {
      if (known.has(id)) continue;
      expect(refusal(place.packet(Buffer.from([id, 0, 0, 0, 0])), options).reasonCode).toBe(0x81);
    }
    // identifiers are variable byte integers: too large, and too long for what they say
    expect(refusal(place.packet(bytes("ffff7f 00")), options).reasonCode).toBe(0x81);
    expect(refusal(place.packet(bytes("a600 0000 0000")), options).reasonCode).toBe(0x81);
  });

  test("a list that says it is longer or shorter than it is is refused", () => {
    const list = bytes(`26 0001 'n' 0001 'v' ${companion(0x26, name)}`);
    const whole = place.packet(list);
    const at = whole.indexOf(list) - 1;
    const options = { from: from ?? "client", version: 5 } as const;
    for (const length of [1, list.length - 1, 127]) {
      const wrong = Buffer.from(whole);
      wrong[at] = length;
      expect(refusal(wrong, options).reasonCode, `${length} for ${list.length}`).toBe(0x81);
    }
  });
});

test("user properties keep their order and repeat names [MQTT-3.3.2-18]", () => {
  const pairs = [...Array(1000).keys()].map((i) => [`k${i % 3}`, `${i}`] as const);
  const list = Buffer.concat(pairs.map(([name, value]) => Buffer.concat([bytes("26"), field(name), field(value)])));
  const [packet] = decodeAll((PLACES.PUBLISH as Place).packet(list), { from: "server", version: 5 });
  expect(packet).toMatchObject({ properties: { userProperties: pairs } });
});

test("more user properties than the maximum are refused, those of the will count apart", () => {
  const list = (count: number): Buffer => Buffer.alloc(count * 5, bytes("26 0000 0000"));
  const options = { from: "client", version: 5, maximumUserProperties: 3 } as const;
  const connect = (count: number, willCount: number): Buffer =>
    frame(
      0x10,
      Buffer.concat([
        bytes("0004 'MQTT' 05 06 003c"),
        withLength(list(count)),
        bytes("0001 'c'"),
        withLength(list(willCount)),
        bytes("0001 'w' 0000"),
      ]),
    );
  expect(decodeAll(connect(3, 3), options)).toHaveLength(1);
  const error = refusal(connect(4, 0), options);
  expect(error.reasonCode).toBe(0x97);
  expect(error.message).toContain("maximum of 3");
  expect(refusal(connect(0, 4), options).reasonCode).toBe(0x97);
});
