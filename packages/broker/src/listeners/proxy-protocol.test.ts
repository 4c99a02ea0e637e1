import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseProxyHeader } from "./proxy-protocol.ts";

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** A version 2 header: command, family and protocol as one byte each, then addresses and the rest. */
function version2(versionAndCommand: number, familyAndProtocol: number, ...rest: (string | Buffer)[]): Buffer {
  const block = Buffer.concat(rest.map((part) => (typeof part === "string" ? Buffer.from(part, "hex") : part)));
  const head = Buffer.of(versionAndCommand, familyAndProtocol, block.length >> 8, block.length & 0xff);
  return Buffer.concat([signature, head, block]);
}

const tcp4 = "c0000201" + "c0000202" + "d903" + "075b";
const tcp6 = "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "d903" + "075b";
const mapped = "00000000000000000000ffffc0000201" + "00000000000000000000ffffc0000202" + "d903" + "075b";
const line = (text: string): Buffer => Buffer.from(text, "latin1");

const complete: [string, Buffer, { address: string; port: number } | undefined][] = [
  ["1, TCP4", line("PROXY TCP4 192.0.2.1 192.0.2.2 55555 1883\r\n"), { address: "192.0.2.1", port: 55_555 }],
  ["1, TCP6", line("PROXY TCP6 2001:DB8:0::1 2001:db8::2 0 1883\r\n"), { address: "2001:db8::1", port: 0 }],
  ["1, TCP6 with a mapped address", line("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), { address: "192.0.2.1", port: 1 }],
  ["1, UNKNOWN", line("PROXY UNKNOWN\r\n"), undefined],
  ["1, UNKNOWN with something behind", line("PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n"), undefined],
  ["2, TCP over IPv4", version2(0x21, 0x11, tcp4), { address: "192.0.2.1", port: 55_555 }],
  ["2, TCP over IPv6", version2(0x21, 0x21, tcp6), { address: "2001:db8::1", port: 55_555 }],
  ["2, a mapped address", version2(0x21, 0x21, mapped), { address: "192.0.2.1", port: 55_555 }],
  ["2, with TLVs", version2(0x21, 0x11, tcp4, "04000400000000", "e00000"), { address: "192.0.2.1", port: 55_555 }],
  ["2, LOCAL", version2(0x20, 0x00), undefined],
  ["2, LOCAL with addresses", version2(0x20, 0x11, tcp4), undefined],
  ["2, UNSPEC", version2(0x21, 0x00, "0102"), undefined],
  ["2, an unspecified family over a stream", version2(0x21, 0x01), undefined],
  ["2, UDP", version2(0x21, 0x12, tcp4), undefined],
  ["2, a Unix socket", version2(0x21, 0x31, Buffer.alloc(216)), undefined],
];

describe("the PROXY header", () => {
  it.each(complete)("of version %s", (_name, bytes, source) => {
    const header = { status: "complete", length: bytes.length, source };
    expect(parseProxyHeader(bytes)).toEqual(header);
    // What follows is the client's.
    expect(parseProxyHeader(Buffer.concat([bytes, Buffer.from("\x10\x0cPROXY \r\n", "latin1")]))).toEqual(header);
  });

  it.each(complete)("of version %s is incomplete wherever it is cut", (_name, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length))).toEqual({ status: "incomplete" });
    }
  });

  it.each<[Buffer, string]>([
    [line("\x10\x0c\x00\x04MQTT"), "no PROXY header"],
    [line("PROXX"), "no PROXY header"],
    [line("\r\n\r\n\0\r\nQUIX\n"), "no PROXY header"],
    [line("PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n"), "version 1 header names neither TCP4, TCP6 nor UNKNOWN"],
    [line("PROXY \r\n"), "version 1 header names neither TCP4, TCP6 nor UNKNOWN"],
    [line(`PROXY UNKNOWN ${"x".repeat(100)}\r\n`), "version 1 header exceeds 107 bytes"],
    [version2(0x11, 0x11, tcp4), "version 1 is not known"],
    [version2(0x22, 0x11, tcp4), "command 2 is not known"],
    [version2(0x21, 0x41, tcp4), "address family 4 is not known"],
    [version2(0x21, 0x13, tcp4), "transport protocol 3 is not known"],
    [version2(0x21, 0x11, "c0000201"), "version 2 header is shorter than its addresses"],
    [version2(0x21, 0x21, tcp4), "version 2 header is shorter than its addresses"],
  ])("%j is malformed", (bytes, reason) => {
    expect(parseProxyHeader(bytes)).toEqual({ status: "malformed", reason });
  });

  it.each([
    "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
    "PROXY TCP4 ::1 ::1 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 -2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
    "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
    "PROXY TCP4\r\n",
  ])("%j is malformed", (text) => {
    expect(parseProxyHeader(line(text))).toEqual({
      status: "malformed",
      reason: "version 1 header carries no valid TCP4 addresses and ports",
    });
  });

  it("of any bytes whatever is parsed without a throw, and never said to be longer than they are", () => {
    const start = fc.constantFrom(
      line("PROXY "),
      line("PROXY TCP6 "),
      signature,
      Buffer.concat([signature, Buffer.of(0x21)]),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
        const bytes = Buffer.concat([head, tail]);
        const header = parseProxyHeader(bytes);
        if (header.status === "complete") expect(header.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
