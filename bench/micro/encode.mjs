/** message-frame and connection/: what is made once for a message, and once for each acknowledgement. */
import { encodePublishHead, writeAck } from "@gmqtt/packets";

const COUNT = 512;

export function encode() {
  const packet = { dup: false, retain: false, topic: "devices/17/temperature", payloadLength: 64 };
  const out = Buffer.alloc(4 * COUNT);
  const head = (qos, version, properties) => () => {
    const one = { ...packet, qos, packetId: qos > 0 ? 7 : 0, ...(properties && { properties }) };
    for (let index = 0; index < COUNT; index++) encodePublishHead(one, version);
  };
  return [
    { name: "head of a PUBLISH, QoS 0, 3.1.1", count: COUNT, run: head(0, 4) },
    { name: "head of a PUBLISH, QoS 1, 5.0", count: COUNT, run: head(1, 5) },
    {
      name: "the same, two properties",
      count: COUNT,
      run: head(1, 5, { contentType: "text/plain", userProperties: [["a", "b"]] }),
    },
    {
      name: "PUBACK",
      count: COUNT,
      run: () => {
        for (let index = 0, at = 0; index < COUNT; index++) at = writeAck(out, at, 4, index + 1);
      },
    },
  ];
}
