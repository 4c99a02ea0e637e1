/** The reason codes that a server may send, packet by packet (MQTT 5.0 section 2.4), and the return codes of 3.1.1. */

import type { PacketName } from "./packet.ts";

/** Codes with the statement that lists them. */
export interface CodeList {
  readonly statement: string;
  readonly codes: readonly number[];
}

function list(statement: string, digits: string): CodeList {
  return { statement: `MQTT-${statement}`, codes: digits.split(" ").map((digit) => Number.parseInt(digit, 16)) };
}

/** 5.0. 04 in DISCONNECT and 19 in AUTH come from clients only. */
export const CODES: Partial<Record<PacketName, CodeList>> = {
  connack: list("3.2.2-8", "00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F"),
  puback: list("3.4.2-1", "00 10 80 83 87 90 91 97 99"),
  pubrec: list("3.5.2-1", "00 10 80 83 87 90 91 97 99"),
  pubrel: list("3.6.2-1", "00 92"),
  pubcomp: list("3.7.2-1", "00 92"),
  suback: list("3.9.3-2", "00 01 02 80 83 87 8F 91 97 9E A1 A2"),
  unsuback: list("3.11.3-2", "00 11 80 83 87 8F 91"),
  disconnect: list("3.14.2-1", "00 80 81 82 83 87 89 8B 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2"),
  auth: list("3.15.2-1", "00 18"),
};

/** 3.1.1, and 3.1 as far as it has them. */
export const CODES_BEFORE_5: Partial<Record<PacketName, CodeList>> = {
  connack: list("3.2.2-6", "00 01 02 03 04 05"),
  suback: list("3.9.3-2", "00 01 02 80"),
};
