/** Vectors of PUBLISH and its acknowledgements. */
import type { Vector } from "./vectors.ts";

const publish = {
  type: 3,
  dup: false,
  qos: 0,
  retain: false,
  topic: "a/b",
  packetId: 0,
  payload: Buffer.from("hi"),
} as const;

/** See the file's head. */
export const deliveryVectors: readonly Vector[] = [
  ...([3, 4] as const).flatMap((version): Vector[] => [
    { name: `PUBLISH ${version} QoS 0`, version, from: "client", hex: "30 07 0003 'a/b' 'hi'", packet: publish },
    {
      name: `PUBLISH ${version} QoS 1, again and retained`,
      version,
      from: "client",
      hex: "3b 09 0003 'a/b' ffff 'hi'",
      packet: { ...publish, dup: true, qos: 1, retain: true, packetId: 65_535 },
    },
    {
      name: `PUBLISH ${version} QoS 2 without payload, to a client`,
      version,
      from: "server",
      hex: "34 07 0003 'a/b' 0001",
      packet: { ...publish, qos: 2, packetId: 1, payload: Buffer.alloc(0) },
    },
  ]),
  {
    name: "PUBLISH 3.1 QoS 0 with DUP, which means nothing",
    version: 3,
    from: "client",
    hex: "38 07 0003 'a/b' 'hi'",
    packet: { ...publish, dup: true },
    decodeOnly: true,
  },
  { name: "PUBLISH 5.0 QoS 0", version: 5, from: "client", hex: "30 08 0003 'a/b' 00 'hi'", packet: publish },
  {
    name: "PUBLISH 5.0 QoS 2, again, to a topic beyond ASCII",
    version: 5,
    from: "client",
    hex: "3c ~ 0004 'ä/b' 00f4 00",
    packet: { ...publish, dup: true, qos: 2, topic: "ä/b", packetId: 244, payload: Buffer.alloc(0) },
  },
  {
    name: "PUBLISH 5.0 with every property that a client may send",
    version: 5,
    from: "client",
    hex: `32 ~ 0003 'a/b' 0102 [01 01 02 00000000 03 0002 't/' 08 0001 'r' 09 0003 000102 23 0005
          26 0001 'k' 0001 'v' 26 0001 'k' 0001 'w'] 'hi'`,
    packet: {
      ...publish,
      qos: 1,
      packetId: 258,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 0,
        contentType: "t/",
        responseTopic: "r",
        correlationData: Buffer.from([0, 1, 2]),
        topicAlias: 5,
        userProperties: [
          ["k", "v"],
          ["k", "w"],
        ],
      },
    },
  },
  {
    name: "PUBLISH 5.0 with a topic alias in place of the topic",
    version: 5,
    from: "client",
    hex: "31 ~ 0000 [23 ffff] 'hi'",
    packet: { ...publish, retain: true, topic: "", properties: { topicAlias: 65_535 } },
  },
  {
    name: "PUBLISH 5.0 with properties in another order than ours",
    version: 5,
    from: "client",
    hex: "30 ~ 0003 'a/b' [26 0001 'k' 0001 'v' 02 00000001 01 00] 'hi'",
    packet: {
      ...publish,
      properties: { payloadFormatIndicator: 0, messageExpiryInterval: 1, userProperties: [["k", "v"]] },
    },
    decodeOnly: true,
  },
  {
    name: "PUBLISH 5.0 to a client with several subscription identifiers, one of them twice",
    version: 5,
    from: "server",
    hex: "30 ~ 0003 'a/b' [0b 01 0b ff7f 0b 01 0b ffffff7f] 'hi'",
    packet: { ...publish, properties: { subscriptionIdentifiers: [1, 16_383, 1, 268_435_455] } },
  },
  {
    name: "PUBLISH 3.1.1 with a remaining length of two bytes",
    version: 4,
    from: "client",
    hex: `30 8501 0003 'a/b' ${"ab".repeat(128)}`,
    packet: { ...publish, payload: Buffer.alloc(128, 0xab) },
  },
  ...acknowledgementVectors(),
  {
    name: "PUBREL 3.1 with DUP",
    version: 3,
    from: "client",
    hex: "6a 02 0001",
    packet: { type: 6, packetId: 1, reasonCode: 0 },
    decodeOnly: true,
  },
  {
    name: "PUBACK 5.0 without matching subscribers",
    version: 5,
    from: "server",
    hex: "40 03 0001 10",
    packet: { type: 4, packetId: 1, reasonCode: 0x10 },
  },
];

function acknowledgementVectors(): Vector[] {
  const steps = [
    { name: "PUBACK", type: 4, first: "40", failure: 0x87 },
    { name: "PUBREC", type: 5, first: "50", failure: 0x97 },
    { name: "PUBREL", type: 6, first: "62", failure: 0x92 },
    { name: "PUBCOMP", type: 7, first: "70", failure: 0x92 },
  ] as const;
  return steps.flatMap(({ name, type, first, failure }): Vector[] => [
    ...([3, 4, 5] as const).flatMap((version) =>
      (["client", "server"] as const).map((from): Vector => {
        const packet = { type, packetId: 4660, reasonCode: 0 } as const;
        return { name: `${name} ${version} from a ${from}`, version, from, hex: `${first} 02 1234`, packet };
      }),
    ),
    {
      name: `${name} 5.0 with a code`,
      version: 5,
      from: "client",
      hex: `${first} 03 0001 ${failure.toString(16)}`,
      packet: { type, packetId: 1, reasonCode: failure },
    },
    {
      name: `${name} 5.0 with code 0, spelled out`,
      version: 5,
      from: "client",
      hex: `${first} 03 0001 00`,
      packet: { type, packetId: 1, reasonCode: 0 },
      decodeOnly: true,
    },
    {
      name: `${name} 5.0 with code 0 and no properties, spelled out`,
      version: 5,
      from: "client",
      hex: `${first} 04 0001 00 00`,
      packet: { type, packetId: 1, reasonCode: 0 },
      decodeOnly: true,
    },
    {
      name: `${name} 5.0 with every property`,
      version: 5,
      from: "server",
      hex: `${first} ~ 0001 00 [1f 0003 'why' 26 0001 'a' 0001 'b']`,
      packet: { type, packetId: 1, reasonCode: 0, properties: { reasonString: "why", userProperties: [["a", "b"]] } },
    },
  ]);
}
