/** PUBLISH packets as a connection receives them. */

import { type ConnectPacket, Decoder, encode, type PublishPacket, ReceivedPublish } from "@gmqtt/packets";

/** The packet behind a CONNECT of that version, decoded. */
export function received(packet: PublishPacket, version: 4 | 5): ReceivedPublish {
  const decoder = new Decoder({ from: "client" });
  const connect = { type: 1, protocolVersion: version, cleanStart: true, keepAlive: 0, clientId: "c" } as ConnectPacket;
  decoder.push(Buffer.concat([encode(connect, version), encode(packet, version)]));
  decoder.next();
  const publish = decoder.next();
  if (publish instanceof ReceivedPublish) return publish;
  throw new Error("a PUBLISH was expected");
}
