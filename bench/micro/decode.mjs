/** connection/ and below: from the bytes of one read to packets. */
import { Decoder, encode, TopicTable } from "@gmqtt/packets";

/** Packets in one read of a busy socket. */
const COUNT = 512;

export function decode() {
  const publish = { type: 3, dup: false, qos: 0, retain: false, topic: "devices/17/temperature", packetId: 0 };
  const payload = Buffer.alloc(64, "x");
  const properties = { contentType: "text/plain", userProperties: [["origin", "lab"]] };
  return [
    ["PUBLISH, QoS 0, 3.1.1", 4, { ...publish, payload }],
    ["PUBLISH, QoS 1, 3.1.1", 4, { ...publish, payload, qos: 1, packetId: 7 }],
    ["PUBLISH, QoS 1, 5.0", 5, { ...publish, payload, qos: 1, packetId: 7 }],
    ["PUBLISH, QoS 1, 5.0, two properties", 5, { ...publish, payload, qos: 1, packetId: 7, properties }],
    ["PUBACK", 4, { type: 4, packetId: 7, reasonCode: 0 }],
  ].map(([name, version, packet]) => {
    const bytes = Buffer.concat(Array(COUNT).fill(encode(packet, version)));
    const decoder = new Decoder({ from: "client", version, topics: new TopicTable() });
    const run = () => {
      decoder.push(bytes);
      let packets = 0;
      while (decoder.next() !== null) packets++;
      if (packets !== COUNT) throw new Error(`${packets} packets`);
    };
    return { name, count: COUNT, run };
  });
}
