import { Decoder, type ProtocolVersion, type QoS } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { PublishTemplate } from "./publish-template.ts";
import { readPublisher, readRun, readSequence, readTime, writeStamp } from "./stamp.ts";

const RUN = 0xdead_beef;

function decoded(bytes: Uint8Array, version: ProtocolVersion) {
  const decoder = new Decoder({ from: "client", version });
  decoder.push(Buffer.from(bytes));
  const packet = decoder.next();
  if (packet?.type !== 3) throw new Error("no PUBLISH");
  expect(decoder.next()).toBeNull();
  return packet;
}

describe("PublishTemplate", () => {
  const cases: [ProtocolVersion, QoS, number][] = [4, 5].flatMap((version) =>
    [0, 1, 2].flatMap((qos) => [16, 64, 20_000].map((size) => [version, qos, size] as [ProtocolVersion, QoS, number])),
  );
  it.each(cases)("makes MQTT %i, QoS %i, %i bytes with identifier and stamp in their places", (version, qos, size) => {
    const properties = { topicAlias: 3, userProperties: [["key", "value"]] } as const;
    const shape = { version, topic: "bench/ä", qos, retain: qos === 1, size, properties };
    const { bytes, packetIdAt, payloadAt } = new PublishTemplate(shape, RUN);
    if (qos > 0) bytes.writeUInt16BE(0x1234, packetIdAt);
    else expect(packetIdAt).toBe(-1);
    writeStamp(bytes, payloadAt, 7, 0x8000_0001, 0xffff_fffe);
    const packet = decoded(bytes, version);
    expect(packet).toMatchObject({ topic: "bench/ä", qos, retain: qos === 1, packetId: qos > 0 ? 0x1234 : 0 });
    expect(packet.payload.length).toBe(size);
    expect([readRun, readPublisher, readSequence, readTime].map((read) => read(packet.payload, 0))).toEqual([
      RUN,
      7,
      0x8000_0001,
      0xffff_fffe,
    ]);
    if (version === 5) expect(packet.properties).toMatchObject(properties);
  });

  it("makes room for the stamp in a smaller payload", () => {
    const shape = { version: 4, topic: "t", qos: 0, retain: false, size: 1, properties: {} } as const;
    const { bytes, payloadAt } = new PublishTemplate(shape, RUN);
    expect(bytes.length - payloadAt).toBe(16);
  });
});
