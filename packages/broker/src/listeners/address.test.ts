import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { formatAddress, parseListenAddress, plainAddress } from "./address.ts";

describe("parseListenAddress", () => {
  it.each([
    [":1883", { kind: "tcp", host: undefined, port: 1883 }],
    ["*:1883", { kind: "tcp", host: undefined, port: 1883 }],
    ["127.0.0.1:0", { kind: "tcp", host: "127.0.0.1", port: 0 }],
    ["localhost:65535", { kind: "tcp", host: "localhost", port: 65_535 }],
    ["[::1]:1883", { kind: "tcp", host: "::1", port: 1883 }],
    ["[]:1883", { kind: "tcp", host: undefined, port: 1883 }],
    ["tcp://127.0.0.1:8084", { kind: "tcp", host: "127.0.0.1", port: 8084 }],
    ["unix:///run/mqtt.sock", { kind: "unix", path: "/run/mqtt.sock" }],
    ["unix://mqtt.sock", { kind: "unix", path: "mqtt.sock" }],
  ])("reads %s", (text, address) => {
    expect(parseListenAddress(text, "listeners.address")).toEqual(address);
  });

  it.each([
    ["1883", '"1883" is not an address', "write :1883"],
    ["localhost", '"localhost" is not an address', "write host:port, :port, [::1]:port or unix:///path"],
    ["::1:1883", '"::1:1883" is not an address', "an IPv6 address stands in brackets, as in [::1]:1883"],
    ["/run/mqtt.sock", '"/run/mqtt.sock" is not an address', "write unix:///run/mqtt.sock"],
    [
      "wss://:8883",
      '"wss://:8883" is not an address',
      "wss:// is not known here; TLS and WebSocket are switched on by the tls and websocket sections",
    ],
    [":65536", '":65536": port 65536 exceeds 65535', "use 0 to 65535"],
    ["unix://", '"unix://" names no socket file', "write unix:///run/mqtt.sock"],
    ["", '"" is not an address', "write host:port, :port, [::1]:port or unix:///path"],
  ])("refuses %j and says what would do", (text, message, hint) => {
    const error = expectThrown(() => parseListenAddress(text, "listeners.address"));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: `listeners.address: ${message}`, path: "listeners.address", hint });
  });
});

describe("addresses for people", () => {
  it("puts IPv6 in brackets", () => {
    expect(formatAddress("::", 1883)).toBe("[::]:1883");
    expect(formatAddress("127.0.0.1", 1883)).toBe("127.0.0.1:1883");
  });

  it("shows an IPv4 address as one, whatever socket it came in on", () => {
    expect(plainAddress("::ffff:192.0.2.1")).toBe("192.0.2.1");
    expect(plainAddress("::ffff:c000:201")).toBe("::ffff:c000:201");
    expect(plainAddress("2001:db8::1")).toBe("2001:db8::1");
    expect(plainAddress(undefined)).toBe("");
  });
});

function expectThrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
