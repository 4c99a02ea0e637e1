import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import type { BrokerConfig } from "./options.ts";
import type { BrokerConfigInput } from "./options-input.ts";
import { describeConfigError, resolveConfig } from "./resolve.ts";

function refusal(input: unknown): ConfigError {
  try {
    resolveConfig(input as BrokerConfigInput);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("resolveConfig", () => {
  test("fills in gmqtt's defaults, durations in milliseconds", () => {
    const config = resolveConfig();
    expect(config.mqtt).toMatchObject({
      sessionExpiry: 7_200_000,
      sessionExpiryCheckInterval: 20_000,
      messageExpiry: 7_200_000,
      inflightExpiry: 30_000,
      maxPacketSize: 268_435_456,
      serverReceiveMaximum: 100,
      maxKeepalive: 300,
      topicAliasMaximum: 10,
      subscriptionIdentifierAvailable: true,
      wildcardSubscriptionAvailable: true,
      sharedSubscriptionAvailable: true,
      retainAvailable: true,
      maximumQos: 2,
      maxQueuedMessages: 1000,
      maxInflight: 100,
      queueQos0Messages: true,
      deliveryMode: "onlyonce",
      allowZeroLengthClientid: true,
    });
    expect(config.listeners).toEqual([
      { address: ":1883", backlog: 511 },
      { address: ":8883", backlog: 511, websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false } },
    ]);
    expect(config.persistence).toEqual({ type: "memory" });
    expect(config.topicAliasManager).toEqual({ type: "fifo" });
    expect(config.api.http).toEqual([{ address: "tcp://127.0.0.1:8083", map: "tcp://127.0.0.1:8084" }]);
    expect(config.log).toEqual({ level: "info", format: "text", dumpPacket: false });
    expect(config).toMatchObject({ hookTimeout: 10_000, shutdownTimeout: 10_000, sys: { interval: 10_000 } });
    expect(config).toMatchObject({ plugins: {}, pluginOrder: [] });
    expect("pidFile" in config).toBe(false);
  });

  test("its types tell keys, choices and optional keys apart", () => {
    const config: BrokerConfig = resolveConfig({ listeners: [{ address: ":0" }] });
    const qos: 0 | 1 | 2 = config.mqtt.maximumQos;
    const mode: "onlyonce" | "overlap" = config.mqtt.deliveryMode;
    const pidFile: string | undefined = config.pidFile;
    const store: unknown = config.persistence.redis;
    expect([qos, mode, pidFile, store]).toEqual([2, "onlyonce", undefined, undefined]);
    // @ts-expect-error a key with a typo
    expect(() => resolveConfig({ mqtt: { maxInflght: 1 } })).toThrow("unknown key");
    // @ts-expect-error a listener needs an address
    expect(() => resolveConfig({ listeners: [{}] })).toThrow("is missing");
    expect(() => {
      // @ts-expect-error the result is read-only
      config.mqtt.maxInflight = 3;
    }).toThrow(TypeError);
  });

  test("takes durations as milliseconds or as text", () => {
    const { mqtt } = resolveConfig({ mqtt: { sessionExpiry: 90_000, messageExpiry: "1h30m", inflightExpiry: 0 } });
    expect(mqtt).toMatchObject({ sessionExpiry: 90_000, messageExpiry: 5_400_000, inflightExpiry: 0 });
  });

  test("takes null and undefined for the default", () => {
    const { mqtt, pidFile } = resolveConfig({ mqtt: { maxInflight: undefined }, pidFile: undefined });
    expect([mqtt.maxInflight, pidFile]).toEqual([100, undefined]);
    expect(resolveConfig({ mqtt: null } as unknown as BrokerConfigInput).mqtt.maxInflight).toBe(100);
  });

  test("freezes the result deeply and leaves what it was given alone", () => {
    const accounts = ["a"];
    const lookUp = new Map();
    const config = resolveConfig({ plugins: { auth: { accounts, lookUp } } });
    const auth = config.plugins.auth as { accounts: string[]; lookUp: Map<string, string> };
    expect(Object.isFrozen(config) && Object.isFrozen(config.mqtt) && Object.isFrozen(auth.accounts)).toBe(true);
    expect(Object.isFrozen(accounts)).toBe(false);
    expect(auth.lookUp).toBe(lookUp);
  });

  test("keeps a section that is given although it is empty: a websocket with its defaults", () => {
    const { listeners } = resolveConfig({ listeners: [{ address: ":80", websocket: {} }] });
    expect(listeners[0]?.websocket).toEqual({ path: "/", allowedOrigins: [], requireSubprotocol: false });
    expect(listeners[0]?.tls).toBeUndefined();
  });

  test("hands on the sections of stores unread", () => {
    expect(resolveConfig({ persistence: { type: "redis", redis: { max_idle: 5 } } }).persistence).toEqual({
      type: "redis",
      redis: { max_idle: 5 },
    });
  });

  test.each([
    [{ mqtt: { maxInflight: 0 } }, "mqtt.maxInflight: must be a whole number from 1 to 65535, not 0"],
    [{ mqtt: { maxInflight: 1.5 } }, "mqtt.maxInflight: must be a whole number from 1 to 65535, not 1.5"],
    [{ mqtt: { maxInflght: 1 } }, "mqtt.maxInflght: unknown key, did you mean maxInflight?"],
    [{ mqtt: { max_inflight: 1 } }, "mqtt.max_inflight: unknown key, did you mean maxInflight?"],
    [{ mqtt: { retainAvailable: "yes" } }, 'mqtt.retainAvailable: must be true or false, not "yes"'],
    [{ mqtt: { maximumQos: 3 } }, "mqtt.maximumQos: must be one of 0, 1, 2, not 3"],
    [{ mqtt: { deliveryMode: "once" } }, 'mqtt.deliveryMode: must be one of onlyonce, overlap, not "once"'],
    [
      { mqtt: { deliveryMode: "overlapp" } },
      'mqtt.deliveryMode: must be one of onlyonce, overlap, not "overlapp", did you mean overlap?',
    ],
    [{ mqtt: { sessionExpiry: "2x" } }, 'mqtt.sessionExpiry: must be a duration such as 2h, 20s or 500ms, not "2x"'],
    [{ mqtt: { sessionExpiry: -1 } }, "mqtt.sessionExpiry: must be a duration such as 2h, 20s or 500ms, not -1"],
    [{ mqtt: { connectTimeout: 0 } }, "mqtt.connectTimeout: must not be 0"],
    [{ mqtt: { connectTimeout: 1 } }, "mqtt.connectTimeout: must be from 10ms to 49710d6h28m15s, not 1ms"],
    [{ mqtt: [] }, "mqtt: must be a mapping of keys, not a list"],
    [{ mqtt: 7 }, "mqtt: must be a mapping of keys, not 7"],
    [{ listeners: ":1883" }, 'listeners: must be a list, not ":1883"'],
    [
      { listeners: [{ address: 1883 }] },
      "listeners.0.address: must be host:port, :port, [ipv6]:port or unix:///path, not 1883",
    ],
    [{ listeners: [{ address: ":1883", tls: { cert: "a" } }] }, "listeners.0.tls.key: is missing"],
    [
      { listeners: [{ address: ":1883", tls: {} }] },
      "listeners.0.tls.cert: is missing; listeners.0.tls.key: is missing",
    ],
    [{ listeners: [{ address: ":1" }, { address: ":1" }] }, "listeners.1.address: is the address of listeners.0 too"],
    [{ listeners: [{ address: ":1", unixMode: "0660" }] }, "listeners.0.unixMode: is for Unix sockets, not for :1"],
    [
      { listeners: [{ address: "unix:///a", unixMode: "abc" }] },
      'listeners.0.unixMode: must be an octal file mode in quotes such as "0660", not "abc"',
    ],
    [
      { listeners: [{ address: ":1", tls: { cert: "a", key: "b", verify: true } }] },
      "listeners.0.tls.verify: needs cacert, the certificates that clients must be signed by",
    ],
    [
      { listeners: [{ address: ":1", proxyProtocol: { trusted: [] } }] },
      "listeners.0.proxyProtocol.trusted: must have at least 1 item",
    ],
    [
      { listeners: [{ address: ":1", proxyProtocol: { trusted: ["10.0.0.0/33"] } }] },
      'listeners.0.proxyProtocol.trusted.0: must be an IP address or a network such as 10.0.0.0/8, not "10.0.0.0/33"',
    ],
    [
      { listeners: [{ address: ":1", websocket: { path: "mqtt" } }] },
      'listeners.0.websocket.path: must be a path that begins with /, not "mqtt"',
    ],
    [
      { listeners: [{ address: ":1", websocket: { allowedOrigins: "x" } }] },
      'listeners.0.websocket.allowedOrigins: must be a list of texts, not "x"',
    ],
    [
      { limits: { maxUnsentBytes: 2000, maxUnsentBytesHard: 1000 } },
      "limits.maxUnsentBytesHard: must be at least maxUnsentBytes (2000), not 1000",
    ],
    [{ pluginOrder: ["auth", "auth"] }, 'pluginOrder.1: "auth" stands there twice'],
    [{ pluginOrder: [7] }, 'pluginOrder.0: must be text, not 7, put it in quotes: "..."'],
    [{ pidFile: {} }, 'pidFile: must be text, not a mapping, put it in quotes: "..."'],
    [{ plugins: [] }, "plugins: must be a mapping of keys, not a list"],
    [{ persistence: { tpye: "redis" } }, "persistence.tpye: unknown key, did you mean type?"],
    [{ persistence: { redis: [] } }, "persistence.redis: unknown key"],
    [{ listeners: [null] }, "listeners.0.address: is missing"],
    [{ listeners: [{ address: ":1", tls: null }] }, /^listeners\.0\.tls\.cert: is missing/],
    [
      { listeners: [{ address: ":1", proxyProtocol: { trusted: "" } }] },
      'listeners.0.proxyProtocol.trusted: must be a list of texts, not ""',
    ],
    [
      { listeners: [{ address: ":1", proxyProtocol: { trusted: [7] } }] },
      "listeners.0.proxyProtocol.trusted.0: must be an IP address or a network such as 10.0.0.0/8, not 7",
    ],
    [
      { limits: { maxUnsentBytes: 100000000, maxUnsentBytsHard: 200000000 } },
      "limits.maxUnsentBytsHard: unknown key, did you mean maxUnsentBytesHard?",
    ],
    [
      { mqtt: { sessionExpiryCheckTimer: "1ms" } },
      "mqtt.sessionExpiryCheckTimer: must be from 10ms to 49710d6h28m15s, not 1ms",
    ],
    [new Date(0), /^must be a mapping of keys, not a mapping$/],
  ])("refuses %j and says what is wrong, and where", (input, message) => {
    const line = describeConfigError(refusal(input));
    if (typeof message === "string") expect(line).toBe(message);
    else expect(line).toMatch(message);
  });

  test("the error has the path of the first thing that is wrong and names the others", () => {
    const error = refusal({ mqtt: { maxInflight: 0, maximumQos: 9 }, mqt: {} });
    expect(error.path).toBe("mqt");
    expect(error.message).toBe(
      "mqt: unknown key, did you mean mqtt?; mqtt.maximumQos: must be one of 0, 1, 2, not 9; " +
        "mqtt.maxInflight: must be a whole number from 1 to 65535, not 0",
    );
  });

  test.each([
    ":0",
    ":1883",
    "0.0.0.0:1883",
    "localhost:1883",
    "broker.example.org:1883",
    "[::]:1883",
    "[::1]:1883",
    "[fe80::1%eth0]:1883",
    "unix:///run/mqtt.sock",
    "unix://mqtt.sock",
  ])("takes the listener address %s", (address) => {
    expect(resolveConfig({ listeners: [{ address }] }).listeners[0]?.address).toBe(address);
  });

  test.each(["", "1883", "localhost", "::1:1883", ":65536", ":-1", "unix://", "mqtt://:1883"])(
    "refuses the listener address %j",
    (address) => {
      expect(refusal({ listeners: [{ address }] }).path).toBe("listeners.0.address");
    },
  );

  test("says how an address is meant to be written", () => {
    const error = refusal({ listeners: [{ address: "::1:1883" }] });
    expect(error.message).toBe(
      'listeners.0.address: "::1:1883" is not an address, an IPv6 address stands in brackets, as in [::1]:1883',
    );
  });

  test("takes networks of both families, and port 0 more than once", () => {
    const proxyProtocol = { trusted: ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"] };
    const { listeners } = resolveConfig({ listeners: [{ address: ":0", proxyProtocol }, { address: ":0" }] });
    expect(listeners[0]?.proxyProtocol).toEqual(proxyProtocol);
    expect(refusal({ listeners: [{ address: ":0", proxyProtocol: { trusted: ["::/129"] } }] }).path).toMatch(
      /trusted\.0$/,
    );
    expect(refusal({ listeners: [{ address: ":0", proxyProtocol: { trusted: ["::/1/1"] } }] }).path).toMatch(
      /trusted\.0$/,
    );
  });

  test("takes addresses of the management API as gmqtt writes them", () => {
    const grpc = [{ address: "tcp://127.0.0.1:1" }, { address: "unix:///run/api.sock", tls: { cert: "a" } }];
    expect(resolveConfig({ api: { grpc } }).api.grpc).toEqual(grpc);
    expect(refusal({ api: { grpc: [{ address: "127.0.0.1:1" }] } }).message).toBe(
      'api.grpc.0.address: must be tcp://host:port or unix:///path, not "127.0.0.1:1"',
    );
  });
});
