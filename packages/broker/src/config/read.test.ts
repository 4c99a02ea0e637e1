import { describe, expect, test } from "vitest";
import { type ConfigSources, type ReadConfigResult, readConfig } from "./read.ts";
import { describeConfigError } from "./resolve.ts";

/** JSON is YAML; what is none is a plain text. */
function parseValue(text: string): unknown {
  if (text.startsWith("{") || text.startsWith("[")) return JSON.parse(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const files: Readonly<Record<string, string>> = { "/run/secret": "hunter2\n", "/run/number": "70\n" };

function read(sources: Partial<ConfigSources>): ReadConfigResult {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`cannot read ${path}: no such file`);
    return text;
  };
  return readConfig({ document: {}, parseValue, readFile, ...sources });
}

function accepted(sources: Partial<ConfigSources>): Extract<ReadConfigResult, { ok: true }> {
  const result = read(sources);
  if (!result.ok) throw new Error(result.errors.map(describeConfigError).join("\n"));
  return result;
}

function errors(sources: Partial<ConfigSources>): string[] {
  const result = read(sources);
  return result.ok ? [] : result.errors.map(describeConfigError);
}

describe("the file", () => {
  test("an empty file means the defaults, so does an empty section", () => {
    expect(accepted({ document: null }).config.mqtt.maxInflight).toBe(100);
    expect(accepted({ document: { mqtt: null, plugins: null } }).config.mqtt.maxInflight).toBe(100);
  });

  test("spells keys in snake_case and takes gmqtt's other names", () => {
    const document = { mqtt: { max_inflight: 7, session_expiry_check_timer: "5s" }, pid_file: "a.pid" };
    const { config } = accepted({ document });
    expect(config.mqtt).toMatchObject({ maxInflight: 7, sessionExpiryCheckInterval: 5000 });
    expect(config.pidFile).toBe("a.pid");
  });

  test("refuses the same key under two names", () => {
    const document = { mqtt: { session_expiry_check_timer: "5s", session_expiry_check_interval: "6s" } };
    expect(errors({ document })).toEqual([
      "mqtt.session_expiry_check_interval: is the same key as session_expiry_check_timer",
    ]);
  });

  test("collects every error, each with path and hint", () => {
    const document = { mqtt: { max_inflght: 5, maximum_qos: 7 }, lisetners: [], log: { level: "trace" } };
    expect(errors({ document })).toEqual([
      "lisetners: unknown key, did you mean listeners?",
      "mqtt.max_inflght: unknown key, did you mean max_inflight?",
      "mqtt.maximum_qos: must be one of 0, 1, 2, not 7",
      'log.level: must be one of debug, info, warn, error, not "trace"',
    ]);
  });

  test("a key that resembles nothing gets no hint", () => {
    expect(errors({ document: { zzz: 1 } })).toEqual(["zzz: unknown key"]);
  });

  test("refuses bare numbers for durations, since nobody could tell seconds from milliseconds", () => {
    expect(errors({ document: { mqtt: { session_expiry: 7200 } } })).toEqual([
      "mqtt.session_expiry: must be a duration such as 2h, 20s or 500ms, not 7200, did you mean 7200s?",
    ]);
    expect(accepted({ document: { mqtt: { session_expiry: 0 } } }).config.mqtt.sessionExpiry).toBe(0);
  });

  test("refuses a file that is no mapping", () => {
    expect(errors({ document: ["a"] })).toEqual(["the file must hold a mapping of keys"]);
  });

  test("leaves the sections of plugins as they are written", () => {
    const plugins = { auth: { password_file: null, hash: "md5" } };
    expect(accepted({ document: { plugins } }).config.plugins).toEqual(plugins);
  });
});

describe("the environment", () => {
  test("sets keys of every kind", () => {
    const environment = {
      GMQTT_MQTT__MAX_INFLIGHT: "50",
      GMQTT_MQTT__MAXIMUM_QOS: "1",
      GMQTT_MQTT__RETAIN_AVAILABLE: "false",
      GMQTT_MQTT__SESSION_EXPIRY: "1h",
      GMQTT_MQTT__RESPONSE_INFORMATION: "123",
      GMQTT_LOG__LEVEL: "debug",
      GMQTT_PLUGIN_ORDER: "auth, prometheus",
      GMQTT_PID_FILE: "/run/gmqttd.pid",
      GMQTT_LISTENERS__0__WEBSOCKET__ALLOWED_ORIGINS: '["https://a"]',
      PATH: "/bin",
    };
    const { config } = accepted({ environment });
    expect(config.mqtt).toMatchObject({ maxInflight: 50, maximumQos: 1, retainAvailable: false });
    expect(config.mqtt).toMatchObject({ sessionExpiry: 3_600_000, responseInformation: "123" });
    expect(config).toMatchObject({ pluginOrder: ["auth", "prometheus"], pidFile: "/run/gmqttd.pid" });
    expect(config.log.level).toBe("debug");
    expect(config.listeners[0]?.websocket?.allowedOrigins).toEqual(["https://a"]);
  });

  test("an empty variable for a list of texts is an empty list", () => {
    const environment = { GMQTT_PLUGIN_ORDER: "" };
    expect(accepted({ document: { plugin_order: ["a"] }, environment }).config.pluginOrder).toEqual([]);
  });

  test("sets list items by their place: those of the file, else those of the default list", () => {
    const environment = { GMQTT_LISTENERS__0__ADDRESS: ":1", GMQTT_LISTENERS__2__ADDRESS: ":3" };
    expect(accepted({ environment }).config.listeners.map(({ address }) => address)).toEqual([":1", ":8883", ":3"]);
    const document = { listeners: [{ address: ":9", name: "mine" }, { address: ":8" }] };
    const { config } = accepted({ document, environment });
    expect(config.listeners.map(({ address, name }) => [address, name])).toEqual([
      [":1", "mine"],
      [":8", undefined],
      [":3", undefined],
    ]);
    expect(document.listeners[0]?.address).toBe(":9");
  });

  test("counts list places as numbers, whatever the order of the variables", () => {
    const places = Array.from({ length: 12 }, (_, place) => [`GMQTT_LISTENERS__${place}__ADDRESS`, `:${place + 1}`]);
    const { config } = accepted({ document: { listeners: [] }, environment: Object.fromEntries(places.reverse()) });
    expect(config.listeners.map(({ address }) => address)).toEqual(Array.from({ length: 12 }, (_, n) => `:${n + 1}`));
  });

  test("sets items of a list of texts", () => {
    const environment = { GMQTT_PLUGIN_ORDER__1: "b" };
    expect(accepted({ document: { plugin_order: ["a", "c"] }, environment }).config.pluginOrder).toEqual(["a", "b"]);
  });

  test("sets whole sections as YAML, and parts of them over that", () => {
    const environment = { GMQTT_MQTT: '{"max_inflight": 5, "maximum_qos": 1}', GMQTT_MQTT__MAX_INFLIGHT: "6" };
    expect(accepted({ environment }).config.mqtt).toMatchObject({ maxInflight: 6, maximumQos: 1 });
  });

  test("takes the place of the same key under its other name", () => {
    const document = { mqtt: { session_expiry_check_timer: "5s" } };
    const environment = { GMQTT_MQTT__SESSION_EXPIRY_CHECK_INTERVAL: "6s" };
    expect(accepted({ document, environment }).config.mqtt.sessionExpiryCheckInterval).toBe(6000);
    const other = { GMQTT_MQTT__SESSION_EXPIRY_CHECK_TIMER: "7s" };
    expect(accepted({ document, environment: other }).config.mqtt.sessionExpiryCheckInterval).toBe(7000);
  });

  test("reaches into the sections of plugins and stores; passwords stay text", () => {
    const environment = {
      GMQTT_PLUGINS__PROMETHEUS__LISTEN_ADDRESS: ":8082",
      GMQTT_PERSISTENCE__REDIS__DATABASE: "3",
      GMQTT_PERSISTENCE__REDIS__PASSWORD: "0123",
    };
    const { config } = accepted({ environment });
    expect(config.plugins).toEqual({ prometheus: { listen_address: ":8082" } });
    expect(config.persistence.redis).toEqual({ database: 3, password: "0123" });
  });

  test("reads values from files, without the newline at the end", () => {
    const environment = {
      GMQTT_PERSISTENCE__REDIS__PASSWORD_FILE: "/run/secret",
      GMQTT_MQTT__MAX_INFLIGHT_FILE: "/run/number",
    };
    const { config } = accepted({ environment });
    expect(config.persistence.redis).toEqual({ password: "hunter2" });
    expect(config.mqtt.maxInflight).toBe(70);
  });

  test("a key of a plugin whose own name ends in _file is set, not read", () => {
    const declares = (path: readonly string[]): boolean => path.join(".") === "plugins.auth.password_file";
    const environment = { GMQTT_PLUGINS__AUTH__PASSWORD_FILE: "/run/secret" };
    expect(accepted({ environment, declares }).config.plugins).toEqual({ auth: { password_file: "/run/secret" } });
    expect(accepted({ environment }).config.plugins).toEqual({ auth: { password: "hunter2" } });
  });

  test("says which variable a wrong value came from", () => {
    const environment = { GMQTT_MQTT__MAX_INFLIGHT: "lots", GMQTT_PERSISTENCE__REDIS__PASSWORD_FILE: "/none" };
    expect(errors({ environment })).toEqual([
      "GMQTT_PERSISTENCE__REDIS__PASSWORD_FILE: cannot read /none: no such file",
      'mqtt.max_inflight: must be a whole number from 1 to 65535, not "lots" (set by GMQTT_MQTT__MAX_INFLIGHT)',
    ]);
  });

  test.each([
    ["GMQTT_MQTT__MAX_INFLGHT", "GMQTT_MQTT__MAX_INFLGHT: unknown variable, did you mean GMQTT_MQTT__MAX_INFLIGHT?"],
    ["GMQTT_MQTT_MAX_INFLIGHT", "GMQTT_MQTT_MAX_INFLIGHT: unknown variable, did you mean GMQTT_MQTT__MAX_INFLIGHT?"],
    [
      "GMQTT_LISTENERS_1_ADDRESS",
      "GMQTT_LISTENERS_1_ADDRESS: unknown variable, did you mean GMQTT_LISTENERS__1__ADDRESS?",
    ],
    [
      "GMQTT_LISTENERS__A__ADDRESS",
      "GMQTT_LISTENERS__A__ADDRESS: unknown variable, did you mean GMQTT_LISTENERS__0__ADDRESS?",
    ],
    ["GMQTT_LOG_LEVEL_FILE", "GMQTT_LOG_LEVEL_FILE: unknown variable, did you mean GMQTT_LOG__LEVEL_FILE?"],
    ["GMQTT_LOG__LEVEL__X", "GMQTT_LOG__LEVEL__X: unknown variable, did you mean GMQTT_LOG__LEVEL?"],
    ["GMQTT_MAX_INFLIGHT", "GMQTT_MAX_INFLIGHT: unknown variable, did you mean GMQTT_MQTT__MAX_INFLIGHT?"],
    ["GMQTT_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", "GMQTT_QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ: unknown variable"],
    ["GMQTT_", "GMQTT_: unknown variable"],
  ])("refuses the unknown variable %s", (name, message) => {
    expect(errors({ environment: { [name]: "1" } })).toEqual([message]);
  });

  test("refuses a gap in a list and two variables for one key", () => {
    expect(errors({ environment: { GMQTT_LISTENERS__5__ADDRESS: ":1" } })).toEqual([
      "listeners.5: leaves a gap in the list (set by GMQTT_LISTENERS__5__ADDRESS), the next free place is 2",
    ]);
    const environment = { GMQTT_MQTT__MAX_INFLIGHT: "5", GMQTT_MQTT__MAX_INFLIGHT_FILE: "/run/number" };
    expect(errors({ environment })).toContain(
      "GMQTT_MQTT__MAX_INFLIGHT_FILE: sets the same key as GMQTT_MQTT__MAX_INFLIGHT",
    );
  });

  test("reports what can't be parsed", () => {
    expect(errors({ environment: { GMQTT_MQTT: "{" } })[0]).toMatch(/^GMQTT_MQTT: /);
  });

  test("leaves a wrong shape in the file for the validation to report", () => {
    const environment = { GMQTT_MQTT__MAX_INFLIGHT: "5" };
    expect(errors({ document: { mqtt: 5 }, environment })).toEqual(["mqtt: must be a mapping of keys, not 5"]);
  });

  test("overlooks what Kubernetes sets for a Service named gmqtt", () => {
    const environment = {
      GMQTT_SERVICE_HOST: "10.0.0.1",
      GMQTT_SERVICE_PORT: "1883",
      GMQTT_SERVICE_PORT_MQTT: "1883",
      GMQTT_PORT: "tcp://10.0.0.1:1883",
      GMQTT_PORT_1883_TCP_ADDR: "10.0.0.1",
      GMQTT_MQTT_PORT_1883_TCP: "tcp://10.0.0.1:1883",
    };
    expect(errors({ environment })).toEqual([]);
  });
});

describe("flags", () => {
  const flag = (key: string, value: string) => ({ key, value, flag: "--set" });

  test("win over the environment, which wins over the file, which wins over the defaults", () => {
    const document = { mqtt: { max_inflight: 1, max_queued_messages: 1, topic_alias_maximum: 1 } };
    const environment = { GMQTT_MQTT__MAX_INFLIGHT: "2", GMQTT_MQTT__MAX_QUEUED_MESSAGES: "2" };
    const flags = [flag("mqtt.max_inflight", "3")];
    const { config, sourceOf } = accepted({ document, environment, flags });
    expect(config.mqtt).toMatchObject({
      maxInflight: 3,
      maxQueuedMessages: 2,
      topicAliasMaximum: 1,
      maxKeepalive: 300,
    });
    expect(
      ["max_inflight", "max_queued_messages", "topic_alias_maximum", "max_keepalive"].map((key) =>
        sourceOf(`mqtt.${key}`),
      ),
    ).toEqual(["--set", "GMQTT_MQTT__MAX_QUEUED_MESSAGES", "file", "default"]);
  });

  test("know where values in lists, aliases and sections of plugins come from", () => {
    const document = { mqtt: { session_expiry_check_timer: "5s" }, listeners: [{ address: ":1" }], log: null };
    const { sourceOf } = accepted({ document, flags: [flag("plugins.auth.hash", "md5")] });
    expect(sourceOf("mqtt.session_expiry_check_interval")).toBe("file");
    expect(sourceOf("listeners.0.address")).toBe("file");
    expect(sourceOf("listeners.0.backlog")).toBe("default");
    expect(sourceOf("plugins.auth.hash")).toBe("--set");
    expect(sourceOf("log.level")).toBe("default");
  });

  test("the last of several wins", () => {
    const flags = [flag("mqtt.max_inflight", "3"), flag("mqtt.max_inflight", "4"), flag("listeners.0.address", ":7")];
    const { config } = accepted({ flags });
    expect([config.mqtt.maxInflight, config.listeners[0]?.address]).toEqual([4, ":7"]);
  });

  test("refuse unknown keys and wrong values", () => {
    const flags = [flag("max_inflight", "3"), flag("mqtt.maximum_qos", "9"), flag("listeners", "["), flag("zzzzz", "")];
    const found = errors({ flags });
    expect(found[0]).toBe("max_inflight: unknown key (in --set), did you mean mqtt.max_inflight?");
    expect(found[1]).toMatch(/^listeners: .*\(in --set\)$/);
    expect(found[2]).toBe("zzzzz: unknown key (in --set)");
    expect(found[3]).toBe('mqtt.maximum_qos: must be one of 0, 1, 2, not "9" (set by --set)');
    expect(found).toHaveLength(4);
  });
});
