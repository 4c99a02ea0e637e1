/** Vectors of SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK. */
import type { SubscriptionRequest } from "../packets/subscribe.ts";
import type { Vector } from "./vectors.ts";

function request(filter: string, overrides: Partial<SubscriptionRequest> = {}): SubscriptionRequest {
  return { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, ...overrides };
}

/** See the file's head. */
export const subscriptionVectors: readonly Vector[] = [
  ...([3, 4] as const).flatMap((version): Vector[] => [
    {
      name: `SUBSCRIBE ${version}`,
      version,
      from: "client",
      hex: "82 0d 000a 0003 'a/#' 02 0002 '+b' 01",
      packet: { type: 8, packetId: 10, subscriptions: [request("a/#", { qos: 2 }), request("+b", { qos: 1 })] },
    },
    {
      name: `SUBACK ${version}`,
      version,
      from: "server",
      hex: "90 06 000a 00 01 02 80",
      packet: { type: 9, packetId: 10, reasonCodes: [0, 1, 2, 0x80] },
    },
    {
      name: `UNSUBSCRIBE ${version}`,
      version,
      from: "client",
      hex: "a2 0a 000a 0003 'a/#' 0001 'b'",
      packet: { type: 10, packetId: 10, filters: ["a/#", "b"] },
    },
    {
      name: `UNSUBACK ${version}`,
      version,
      from: "server",
      hex: "b0 02 000a",
      packet: { type: 11, packetId: 10, reasonCodes: [] },
    },
  ]),
  {
    name: "SUBSCRIBE 3.1 with DUP",
    version: 3,
    from: "client",
    hex: "8a 06 000a 0001 'a' 01",
    packet: { type: 8, packetId: 10, subscriptions: [request("a", { qos: 1 })] },
    decodeOnly: true,
  },
  {
    name: "UNSUBSCRIBE 3.1 with DUP",
    version: 3,
    from: "client",
    hex: "aa 05 000a 0001 'a'",
    packet: { type: 10, packetId: 10, filters: ["a"] },
    decodeOnly: true,
  },
  {
    name: "SUBSCRIBE 5.0 with every option and property",
    version: 5,
    from: "client",
    hex: `82 ~ ffff [0b ffffff7f 26 0001 'a' 0001 'b'] 0001 'a' 06 0001 '+' 09 0008 '$share/g' 28 0000 10`,
    packet: {
      type: 8,
      packetId: 65_535,
      subscriptions: [
        request("a", { qos: 2, noLocal: true }),
        request("+", { qos: 1, retainAsPublished: true }),
        request("$share/g", { retainAsPublished: true, retainHandling: 2 }),
        request("", { retainHandling: 1 }),
      ],
      properties: { subscriptionIdentifier: 268_435_455, userProperties: [["a", "b"]] },
    },
  },
  {
    name: "SUBACK 5.0",
    version: 5,
    from: "server",
    hex: "90 ~ 0001 [1f 0001 'r' 26 0001 'a' 0001 'b'] 00 01 02 80 83 87 8f 91 97 9e a1 a2",
    packet: {
      type: 9,
      packetId: 1,
      reasonCodes: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
      properties: { reasonString: "r", userProperties: [["a", "b"]] },
    },
  },
  {
    name: "UNSUBSCRIBE 5.0",
    version: 5,
    from: "client",
    hex: "a2 ~ 0001 [26 0001 'a' 0001 'b'] 0001 'x' 0000",
    packet: { type: 10, packetId: 1, filters: ["x", ""], properties: { userProperties: [["a", "b"]] } },
  },
  {
    name: "UNSUBACK 5.0",
    version: 5,
    from: "server",
    hex: "b0 ~ 0001 [1f 0001 'r'] 00 11 80 83 87 8f 91",
    packet: {
      type: 11,
      packetId: 1,
      reasonCodes: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
      properties: { reasonString: "r" },
    },
  },
];
