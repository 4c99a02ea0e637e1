/**
 * Decodes what a broker sends, byte by byte and without mercy. It shares no code with @gmqtt/packets: a mistake there must
 * not be repeated here. Every fault names the statement that the broker broke.
 */

import { isUtf8 } from "node:buffer";
import type { Version } from "../bytes/packets.ts";
import { PROPERTY_RULES, type Property, type PropertyValue } from "../bytes/properties.ts";
import { CODES, CODES_BEFORE_5 } from "./codes.ts";
import { NAMES, Packet } from "./packet.ts";

/** The broker sent what it must not send. */
export class Violation extends Error {
  constructor(statement: string, text: string) {
    super(`the broker sent ${text} [${statement}]`);
    this.name = "Violation";
  }
}

/** The statements behind a fault, which have other numbers in 3.1.1. */
function fault(version: Version, five: string, four: string, text: string): never {
  throw new Violation(`MQTT-${version === 5 ? five : four}`, text);
}

const FIRST_BYTES = new Set([0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0]);

class Reader {
  at = 0;
  readonly #bytes: Buffer;
  readonly #version: Version;
  constructor(bytes: Buffer, version: Version) {
    this.#bytes = bytes;
    this.#version = version;
  }
  get left(): number {
    return this.#bytes.length - this.at;
  }
  take(count: number): Buffer {
    if (count > this.left) fault(this.#version, "4.13.1-1", "4.8.0-1", "a field that runs past the packet's end");
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }
  byte(): number {
    return this.take(1).readUInt8();
  }
  u16(): number {
    return this.take(2).readUInt16BE();
  }
  binary(): Buffer {
    return this.take(this.u16());
  }
  string(): Buffer {
    const found = this.binary();
    if (!isUtf8(found)) fault(this.#version, "1.5.4-1", "1.5.3-1", "a string that is not UTF-8");
    if (found.includes(0)) fault(this.#version, "1.5.4-2", "1.5.3-2", "a string with U+0000");
    return found;
  }
  vbi(): number {
    let value = 0;
    for (let index = 0; index < 4; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * 128 ** index;
      if (byte & 0x80) continue;
      if (index > 0 && byte === 0) throw new Violation("MQTT-1.5.5-1", "a Variable Byte Integer with idle bytes");
      return value;
    }
    throw new Violation("MQTT-1.5.5-1", "a Variable Byte Integer of five bytes");
  }
  id(): number {
    const id = this.u16();
    if (id === 0) fault(this.#version, "2.2.1-4", "2.3.1-1", "packet identifier 0");
    return id;
  }
}

/** Collects bytes and gives packets. `version` is that of the CONNECT. Throws a `Violation`. */
export class StrictDecoder {
  #pending: Buffer = Buffer.alloc(0);
  readonly #version: Version;

  constructor(version: Version) {
    this.#version = version;
  }

  /** Bytes of a packet that is not complete. */
  get unfinished(): number {
    return this.#pending.length;
  }

  push(chunk: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk]);
  }

  /** The next complete packet. */
  next(): Packet | undefined {
    const pending = this.#pending;
    let length = 0;
    let index = 1;
    for (; ; index++) {
      if (index >= pending.length) return undefined;
      const byte = pending.readUInt8(index);
      length += (byte & 0x7f) * 128 ** (index - 1);
      if (!(byte & 0x80)) {
        if (index > 1 && byte === 0) throw new Violation("MQTT-1.5.5-1", "a Remaining Length with idle bytes");
        break;
      }
      if (index === 4) throw new Violation("MQTT-1.5.5-1", "a Remaining Length of five bytes");
    }
    const end = index + 1 + length;
    if (pending.length < end) return undefined;
    this.#pending = pending.subarray(end);
    return decode(this.#version, pending.readUInt8(0), pending.subarray(index + 1, end), end);
  }
}

function decode(version: Version, first: number, body: Buffer, size: number): Packet {
  const packet = new Packet();
  packet.name = NAMES[first >> 4] ?? "reserved";
  packet.flags = first & 15;
  packet.size = size;
  const shown = first.toString(16).padStart(2, "0");
  if (packet.type !== 3 && !FIRST_BYTES.has(first)) {
    fault(version, "2.1.3-1", "2.2.2-1", `first byte ${shown}, which no packet of a server has`);
  }
  if (version < 5 && packet.type >= 14) fault(version, "2.1.3-1", "2.2.2-1", `${packet.name}, unknown before 5.0`);
  const reader = new Reader(body, version);
  readBody(packet, reader, version);
  if (reader.left > 0) fault(version, "4.13.1-1", "4.8.0-1", `${packet.name} with ${reader.left} bytes left over`);
  return packet;
}

function readBody(packet: Packet, reader: Reader, version: Version): void {
  const five = version === 5;
  switch (packet.name) {
    case "connack":
      packet.ackFlags = reader.byte();
      packet.code = reader.byte();
      if (five) readProperties(packet, reader);
      checkConnack(packet, version);
      return;
    case "publish":
      readPublish(packet, reader, version);
      return;
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      packet.id = reader.id();
      if (five && reader.left > 0) packet.code = reader.byte();
      if (five && reader.left > 0) readProperties(packet, reader);
      checkCode(packet, packet.code, version);
      return;
    case "suback":
    case "unsuback":
      packet.id = reader.id();
      if (five) readProperties(packet, reader);
      if (five || packet.name === "suback") packet.codes = [...reader.take(reader.left)];
      for (const code of packet.codes) checkCode(packet, code, version);
      return;
    case "disconnect":
    case "auth":
      if (reader.left > 0) packet.code = reader.byte();
      if (reader.left > 0) readProperties(packet, reader);
      checkCode(packet, packet.code, version);
      return;
    default:
      return;
  }
}

function checkConnack(packet: Packet, version: Version): void {
  if (packet.ackFlags > 1) fault(version, "3.2.2-1", "3.2.2-1", `CONNACK flags ${packet.ackFlags}`);
  if (packet.code !== 0 && packet.ackFlags !== 0) {
    fault(version, "3.2.2-6", "3.2.2-4", "a refusal with Session Present");
  }
  if (version === 3 && packet.ackFlags !== 0) throw new Violation("GMQTT-19-2", "Session Present to a 3.1 client");
  checkCode(packet, packet.code, version);
}

function readPublish(packet: Packet, reader: Reader, version: Version): void {
  if (packet.qos === 3) fault(version, "3.3.1-4", "3.3.1-4", "QoS 3");
  if (packet.qos === 0 && packet.dup) fault(version, "3.3.1-2", "3.3.1-2", "DUP with QoS 0");
  packet.topicBytes = reader.string();
  if (/[+#]/.test(packet.topic)) fault(version, "3.3.2-2", "3.3.2-2", `topic name ${packet.topic}`);
  if (packet.qos > 0) packet.id = reader.id();
  if (version === 5) readProperties(packet, reader);
  packet.payload = reader.take(reader.left);
  const alias = packet.prop(0x23);
  if (alias === 0) throw new Violation("MQTT-3.3.2-8", "topic alias 0");
  if (packet.topicBytes.length === 0 && alias === undefined) {
    fault(version, "4.7.3-1", "4.7.3-1", "a topic name of no characters");
  }
  const response = packet.prop(0x08);
  if (response !== undefined && /[+#]/.test(String(response))) {
    throw new Violation("MQTT-3.3.2-14", `response topic ${String(response)}`);
  }
}

function checkCode(packet: Packet, code: number, version: Version): void {
  const entry = (version === 5 ? CODES : CODES_BEFORE_5)[packet.name];
  if (entry === undefined || entry.codes.includes(code)) return;
  throw new Violation(entry.statement, `${packet.name.toUpperCase()} with code 0x${code.toString(16)}`);
}

function readProperties(packet: Packet, reader: Reader): void {
  const length = reader.vbi();
  const end = reader.at + length;
  if (length > reader.left) throw new Violation("MQTT-2.2.2-1", "a Property Length that runs past the packet's end");
  while (reader.at < end) packet.properties.push(readProperty(packet, reader));
  if (reader.at > end) throw new Violation("MQTT-2.2.2-1", "a property that runs past the Property Length");
}

function readProperty(packet: Packet, reader: Reader): Property {
  const id = reader.vbi();
  const rule = PROPERTY_RULES.get(id);
  const shown = `property 0x${id.toString(16)} in ${packet.name.toUpperCase()}`;
  if (rule === undefined) throw new Violation("GMQTT-20-1", `unknown ${shown}`);
  if (id === 0x11 && packet.name === "disconnect") throw new Violation("MQTT-3.14.2-2", shown);
  if (!rule.packets.includes(packet.type)) throw new Violation("GMQTT-20-1", `${shown}, where it may not stand`);
  const again = packet.properties.some(([key]) => key === id);
  if (again && rule.once) throw new Violation("GMQTT-20-1", `${shown} twice`);
  const value = readValue(rule.type, reader);
  checkValue(id, value, shown);
  return [id, value];
}

function readValue(type: string, reader: Reader): PropertyValue {
  switch (type) {
    case "byte":
      return reader.byte();
    case "u16":
      return reader.u16();
    case "u32":
      return reader.take(4).readUInt32BE();
    case "vbi":
      return reader.vbi();
    case "string":
      return reader.string().toString();
    case "pair":
      return [reader.string().toString(), reader.string().toString()];
    default:
      return reader.binary();
  }
}

const BOOLEANS = [0x01, 0x24, 0x25, 0x28, 0x29, 0x2a];
const NEVER_ZERO = [0x0b, 0x21, 0x27];

function checkValue(id: number, value: PropertyValue, shown: string): void {
  if (BOOLEANS.includes(id) && typeof value === "number" && value > 1) {
    throw new Violation(id === 0x24 ? "GMQTT-20-6" : "GMQTT-20-2", `${shown} with value ${value}`);
  }
  if (NEVER_ZERO.includes(id) && value === 0) throw new Violation("GMQTT-20-2", `${shown} with value 0`);
}
