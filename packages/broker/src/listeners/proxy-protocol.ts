/** The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). */

import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { plainAddress } from "./address.ts";

/** What the first bytes of a connection turned out to be. */
export type ProxyHeader =
  | { readonly status: "incomplete" }
  | { readonly status: "malformed"; readonly reason: string }
  | {
      readonly status: "complete";
      /** Bytes the header takes up; the client's own begin behind it. */
      readonly length: number;
      /** The original client; undefined when the proxy speaks for itself or doesn't know. */
      readonly source: { readonly address: string; readonly port: number } | undefined;
    };

const incomplete: ProxyHeader = { status: "incomplete" };

const signature1 = Buffer.from("PROXY ", "latin1");
const longestVersion1 = 107;

const signature2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const fixedLength2 = 16;

/** Reads the header from the bytes received so far. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, signature1)) return bytes.length < signature1.length ? incomplete : parseVersion1(bytes);
  if (startsLike(bytes, signature2)) return bytes.length < fixedLength2 ? incomplete : parseVersion2(bytes);
  return malformed("no PROXY header");
}

function startsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

function malformed(reason: string): ProxyHeader {
  return { status: "malformed", reason };
}

function parseVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestVersion1).indexOf("\r\n");
  if (end === -1) return bytes.length < longestVersion1 ? incomplete : malformed("version 1 header exceeds 107 bytes");
  const length = end + 2;
  const [protocol, source = "", destination = "", sourcePort = "", destinationPort = "", ...rest] = bytes
    .toString("latin1", signature1.length, end)
    .split(" ");
  // Whatever follows UNKNOWN must be ignored.
  if (protocol === "UNKNOWN") return { status: "complete", length, source: undefined };
  const isAddress = protocol === "TCP4" ? isIPv4 : protocol === "TCP6" ? isIPv6 : undefined;
  if (isAddress === undefined) return malformed("version 1 header names neither TCP4, TCP6 nor UNKNOWN");
  if (
    rest.length > 0 ||
    !isAddress(source) ||
    !isAddress(destination) ||
    !isPort(sourcePort) ||
    !isPort(destinationPort)
  ) {
    return malformed(`version 1 header carries no valid ${protocol} addresses and ports`);
  }
  return { status: "complete", length, source: { address: canonical(source), port: Number(sourcePort) } };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** Lengths of the address block by the high nibble of byte 14; UNSPEC and Unix addresses are skipped unread. */
const addressLengths: ReadonlyMap<number, number> = new Map([
  [0x0, 0],
  [0x1, 12],
  [0x2, 36],
  [0x3, 216],
]);

function parseVersion2(bytes: Buffer): ProxyHeader {
  const version = bytes.readUInt8(12) >> 4;
  const command = bytes.readUInt8(12) & 0x0f;
  const family = bytes.readUInt8(13) >> 4;
  const protocol = bytes.readUInt8(13) & 0x0f;
  const length = fixedLength2 + bytes.readUInt16BE(14);
  if (version !== 2) return malformed(`version ${version} is not known`);
  if (command > 1) return malformed(`command ${command} is not known`);
  const addressLength = addressLengths.get(family);
  if (addressLength === undefined) return malformed(`address family ${family} is not known`);
  if (protocol > 2) return malformed(`transport protocol ${protocol} is not known`);
  const isLocal = command === 0;
  if (!isLocal && length < fixedLength2 + addressLength)
    return malformed("version 2 header is shorter than its addresses");
  if (bytes.length < length) return incomplete;
  // LOCAL is the proxy itself (a health check); a datagram or Unix source says nothing of use here.
  if (isLocal || protocol !== 1) return { status: "complete", length, source: undefined };
  switch (family) {
    case 1:
      return {
        status: "complete",
        length,
        source: { address: bytes.subarray(16, 20).join("."), port: bytes.readUInt16BE(24) },
      };
    case 2:
      return {
        status: "complete",
        length,
        source: { address: ipv6Text(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) },
      };
    default:
      return { status: "complete", length, source: undefined };
  }
}

function ipv6Text(bytes: Buffer): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return canonical(groups.join(":"));
}

/** One spelling for one address, so that limits per address can't be dodged by writing it another way. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  return plainAddress(new SocketAddress({ address, family: "ipv6" }).address);
}
