/** Packets in one line each, for the messages of failed expectations. */

import { reasonCodeName } from "@gmqtt/packets";
import { packetName, type ReceivedPacket } from "./packets.ts";

const LONGEST_TEXT = 40;

/** A packet as people talk of it: `publish "a/b" qos 1 id 3 "hello"`. */
export function describePacket(packet: ReceivedPacket): string {
  return [packetName(packet), ...details(packet)].join(" ");
}

/** Several packets, the first ones in full. */
export function describePackets(packets: readonly ReceivedPacket[]): string {
  if (packets.length === 0) return "nothing";
  const shown = packets.slice(0, 5).map(describePacket).join("; ");
  return packets.length > 5 ? `${shown}; and ${packets.length - 5} more` : shown;
}

function details(packet: ReceivedPacket): string[] {
  switch (packet.type) {
    case 3: {
      const flags = `${packet.dup ? " dup" : ""}${packet.retain ? " retain" : ""}`;
      const id = packet.qos > 0 ? ` id ${packet.packetId}` : "";
      return [
        JSON.stringify(packet.topic),
        `qos ${packet.qos}${flags}${id}`,
        excerpt("text" in packet ? packet.text : ""),
      ];
    }
    case 2:
      return [reason(packet.reasonCode), `session present ${packet.sessionPresent}`, ...reasonString(packet)];
    case 4:
    case 5:
    case 6:
    case 7:
      return [`id ${packet.packetId}`, reason(packet.reasonCode), ...reasonString(packet)];
    case 9:
    case 11:
      return [`id ${packet.packetId}`, packet.reasonCodes.map(hexadecimal).join(" "), ...reasonString(packet)];
    case 14:
    case 15:
      return [reason(packet.reasonCode), ...reasonString(packet)];
    default:
      return [];
  }
}

function reason(code: number): string {
  return `${hexadecimal(code)} (${reasonCodeName(code)})`;
}

function hexadecimal(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}

function reasonString(packet: {
  readonly properties?: { readonly reasonString?: string | undefined } | undefined;
}): string[] {
  const text = packet.properties?.reasonString;
  return text === undefined ? [] : [JSON.stringify(text)];
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}...` : text);
}
