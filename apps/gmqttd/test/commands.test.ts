/** check-config, print-config, reload and the command line itself, each as a process of its own. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { build, folderWith, gmqttd, packageFiles } from "./gmqttd.ts";

beforeAll(build);

const gmqttDefault = readFileSync(fileURLToPath(new URL("gmqtt-default.yml", import.meta.url)), "utf8");
const shipped = fileURLToPath(new URL("../default_config.yml", import.meta.url));

/** A plugin that does nothing; `shape` makes it take a configuration of text keys. */
function pluginSource(name: string, keys?: readonly string[]): string {
  const schema = `{
    shape: ${JSON.stringify(Object.fromEntries((keys ?? []).map((key) => [key, {}])))},
    safeParse(section) {
      const unknown = Object.keys(section).filter((key) => !(key in this.shape));
      const wrong = Object.keys(section).filter((key) => typeof section[key] !== "string");
      const issues = unknown.length > 0 ? [{ path: [], message: "Unrecognized keys", keys: unknown }] : [];
      issues.push(...wrong.map((key) => ({ path: [key], message: "Invalid input: expected string" })));
      return issues.length > 0 ? { success: false, error: { issues } } : { success: true, data: section };
    },
  }`;
  return `export default {
    name: ${JSON.stringify(name)},
    ${keys === undefined ? "" : `configSchema: ${schema},`}
    create: () => ({ name: ${JSON.stringify(name)}, load() {}, unload() {}, hookWrapper: () => ({}) }),
  };`;
}

function check(folder: string, ...args: string[]) {
  return gmqttd(["check-config", "-c", join(folder, "gmqttd.yml"), ...args]).ended;
}

describe("check-config", () => {
  test("accepts the shipped configuration", async () => {
    const { code, stdout } = await gmqttd(["check-config", "-c", shipped]).ended;
    expect([code, stdout]).toEqual([0, `${shipped}: ok (plugins: prometheus)\n`]);
  });

  test("accepts gmqtt's shipped configuration unchanged, and its plugins their sections", async () => {
    const folder = folderWith({ "gmqttd.yml": gmqttDefault });
    const { code, output } = await check(folder);
    expect([code, output]).toEqual([0, `${folder}/gmqttd.yml: ok (plugins: prometheus, admin)\n`]);
  });

  test("names every plugin that is missing, with line and install command", async () => {
    const folder = folderWith({ "gmqttd.yml": "plugin_order:\n  - nothing\n  - admin2\n" });
    const { code, stderr } = await check(folder);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `gmqttd: ${folder}/gmqttd.yml:2: plugin_order.0: plugin nothing not found ` +
        `(looked for @gmqtt/nothing and gmqtt-plugin-nothing from ${folder}), ` +
        "install it with: npm install gmqtt-plugin-nothing\n" +
        `gmqttd: ${folder}/gmqttd.yml:3: plugin_order.1: plugin admin2 not found ` +
        `(looked for @gmqtt/admin2 and gmqtt-plugin-admin2 from ${folder}), ` +
        "did you mean admin? else install it with: npm install gmqtt-plugin-admin2\n",
    );
  });

  test("shows every error with line, path and hint, and ends with code 2", async () => {
    const text = "mqtt:\n  max_inflght: 50\n  maximum_qos: 3\nlog:\n  level: debgu\n";
    const { code, stdout, stderr } = await check(folderWith({ "gmqttd.yml": text }));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.replaceAll(/\S*gmqttd\.yml/g, "FILE")).toBe(
      "gmqttd: FILE:2: mqtt.max_inflght: unknown key, did you mean max_inflight?\n" +
        "gmqttd: FILE:3: mqtt.maximum_qos: must be one of 0, 1, 2, not 3\n" +
        'gmqttd: FILE:5: log.level: must be one of debug, info, warn, error, not "debgu", did you mean debug?\n',
    );
  });

  test("shows what environment and options did wrong, without a line of the file", async () => {
    const folder = folderWith({ "gmqttd.yml": "mqtt:\n  max_inflight: 5\n" });
    const args = ["check-config", "-c", join(folder, "gmqttd.yml"), "--log-level", "loud"];
    const { code, stderr } = await gmqttd(args, { GMQTT_MQTT__MAX_INFLIGHT: "x", GMQTT_LOG_LEVEL: "info" }).ended;
    expect(code).toBe(2);
    expect(stderr).toBe(
      "gmqttd: GMQTT_LOG_LEVEL: unknown variable, did you mean GMQTT_LOG__LEVEL?\n" +
        'gmqttd: mqtt.max_inflight: must be a whole number from 1 to 65535, not "x" (set by GMQTT_MQTT__MAX_INFLIGHT)\n' +
        'gmqttd: log.level: must be one of debug, info, warn, error, not "loud" (set by --log-level)\n',
    );
  });

  test("broken YAML, a missing file", async () => {
    const broken = await check(folderWith({ "gmqttd.yml": "mqtt: [\n" }));
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/^gmqttd: \S+gmqttd\.yml:2:1: /);
    const missing = await gmqttd(["check-config", "-c", "/nowhere/gmqttd.yml"]).ended;
    expect([missing.code, missing.stderr]).toEqual([
      2,
      "gmqttd: configuration file /nowhere/gmqttd.yml: no such file\n",
    ]);
  });

  test("reads certificates and keys as a start would, and names the entry that can't work", async () => {
    const tls = '  - address: ":8884"\n    tls: {cert: none.crt, key: none.key}\n';
    const unix = '  - address: "unix:///tmp/a.sock"\n    tls: {cert: a, key: b}\n';
    const { code, stdout, stderr } = await check(folderWith({ "gmqttd.yml": `listeners:\n${tls}${unix}` }));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.replaceAll(/\/\S*\/(gmqttd-\w+)\//g, "/")).toBe(
      "gmqttd: /gmqttd.yml:3: listeners.0.tls.cert: cannot read /none.crt: no such file or directory\n" +
        "gmqttd: /gmqttd.yml:5: listeners.1.tls: a Unix socket carries no TLS, remove the tls section\n",
    );
  });

  test("has each plugin check its own section, at its path and line", async () => {
    const text = "plugins:\n  auth:\n    hash: 5\n    pasword_file: a\nplugin_order: [auth]\n";
    const auth = packageFiles("@gmqtt/auth", pluginSource("auth", ["hash", "password_file"]));
    const { code, stderr } = await check(folderWith({ "gmqttd.yml": text, ...auth }));
    expect(code).toBe(2);
    expect(stderr.replaceAll(/\S*gmqttd\.yml/g, "FILE")).toBe(
      "gmqttd: FILE:4: plugins.auth.pasword_file: unknown key, did you mean password_file?\n" +
        "gmqttd: FILE:3: plugins.auth.hash: invalid input: expected string\n",
    );
  });

  test("a variable that ends in _FILE sets the key that the plugin declares, else reads the file", async () => {
    const auth = packageFiles("@gmqtt/auth", pluginSource("auth", ["password_file", "token"]));
    const folder = folderWith({ "gmqttd.yml": "plugin_order: [auth]\n", token: "abc\n", ...auth });
    const args = ["print-config", "-c", join(folder, "gmqttd.yml")];
    const environment = {
      GMQTT_PLUGINS__AUTH__PASSWORD_FILE: "./accounts.yml",
      GMQTT_PLUGINS__AUTH__TOKEN_FILE: join(folder, "token"),
    };
    const { code, stdout } = await gmqttd(args, environment).ended;
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject({ plugins: { auth: { password_file: "./accounts.yml", token: "(hidden)" } } });
  });

  test("plugins come from a path or a package that their section names", async () => {
    const text = "plugins:\n  one: {package: ./one.js}\n  two: {package: other}\nplugin_order: [one, two, three]\n";
    const folder = folderWith({
      "gmqttd.yml": text,
      "one.js": pluginSource("one"),
      "package.json": '{"type": "module"}',
      ...packageFiles("other", pluginSource("two")),
      ...packageFiles("gmqtt-plugin-three", pluginSource("three")),
    });
    expect(await check(folder)).toMatchObject({ code: 0, stdout: expect.stringContaining("plugins: one, two, three") });
  });

  test.each([
    ["plugins: {a: {package: ./none.js}}\n", /plugin a not found \(looked for \.\/none\.js from \S+\), no such file$/],
    ["plugins: {a: {package: none}}\n", /plugin a not found .*, install it with: npm install none$/],
    ["plugins: {a: {package: 7}}\n", /plugins\.a\.package: must be the name of a package or the path of a module$/],
    [
      "plugins: {a: {package: ./empty.js}}\n",
      /\.\/empty\.js is no plugin: its default export was not made by definePlugin$/,
    ],
    ["plugins: {a: {package: ./folder}}\n", /plugin a from \.\/folder could not be loaded: /],
    ["plugins: {a: 5}\n", /plugins\.a: must be a mapping of keys$/],
  ])("%j is refused in one line", async (text, line) => {
    const folder = folderWith({
      "gmqttd.yml": `${text}plugin_order: [a]\n`,
      "empty.js": "",
      "folder/a": "",
      ...packageFiles("@gmqtt/a", pluginSource("a")),
    });
    const { code, stderr } = await check(folder);
    expect(code).not.toBe(0);
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(line)]);
  });

  test("a plugin that has another name than it is called by is refused, with its name", async () => {
    const source = "export default { name: 'two', create: () => ({}) };";
    const text = "plugin_order: [one]\nplugins: { one: { package: ./one.mjs } }\n";
    const { code, stderr } = await check(folderWith({ "gmqttd.yml": text, "one.mjs": source }));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /gmqttd\.yml:1: plugin_order\.0: \.\/one\.mjs is the plugin two, so write two instead of one$/m,
    );
  });

  test("a plugin that can't be imported is named, its stack shown at level debug only", async () => {
    const folder = folderWith({
      "gmqttd.yml": "plugin_order: [a]\n",
      ...packageFiles("@gmqtt/a", "import './nothing.js';"),
    });
    const { code, stderr } = await check(folder);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gmqttd: \S+: plugin_order\.0: plugin a from @gmqtt\/a could not be loaded: .*\n$/);
    expect((await check(folder, "--log-level", "debug")).stderr).toMatch(/\n {4}at /);
  });

  test("a store other than memory is a plugin named after it", async () => {
    const text = "persistence:\n  type: files\n  files: {path: a}\n";
    const { code, stderr } = await check(folderWith({ "gmqttd.yml": text }));
    expect(code).toBe(2);
    expect(stderr).toMatch(/gmqttd\.yml:2: persistence\.type: .*npm install gmqtt-plugin-persistence-files$/m);
    const files = packageFiles("@gmqtt/persistence-files", pluginSource("files", ["path"]));
    expect((await check(folderWith({ "gmqttd.yml": text, ...files }))).code).toBe(0);
    const wrong = await check(folderWith({ "gmqttd.yml": text.replace("path: a", "pth: a"), ...files }));
    expect(wrong.stderr).toContain("gmqttd.yml:3: persistence.files.pth: unknown key, did you mean path?\n");
  });
});

describe("print-config", () => {
  test("prints what is in force and where it comes from, secrets hidden", async () => {
    const text = "mqtt: {max_inflight: 1, max_keepalive: 9}\npersistence: {redis: {password: hunter2}}\n";
    const folder = folderWith({ "gmqttd.yml": text });
    const args = ["print-config", "-c", join(folder, "gmqttd.yml"), "--set", "mqtt.maximum_qos=1"];
    const { code, stdout } = await gmqttd(args, { GMQTT_MQTT__MAX_INFLIGHT: "2" }).ended;
    expect(code).toBe(0);
    expect(stdout).toContain("  max_inflight: 2 # GMQTT_MQTT__MAX_INFLIGHT\n");
    expect(stdout).toContain("  max_keepalive: 9 # file\n");
    expect(stdout).toContain("  maximum_qos: 1 # --set\n");
    expect(stdout).toContain("  max_queued_messages: 1000\n");
    expect(stdout).toContain("password: (hidden) # file\n");
    expect(stdout).not.toContain("hunter2");
  });

  test("the shipped configuration says what the defaults are, and runs gmqtt's plugins", async () => {
    const [file, defaults] = await Promise.all([
      gmqttd(["print-config", "-c", shipped]).ended,
      gmqttd(["print-config"]).ended,
    ]);
    expect(parse(file.stdout)).toEqual({
      ...parse(defaults.stdout),
      plugin_order: ["prometheus"],
      plugins: { prometheus: { path: "/metrics", listen_address: ":8082" } },
    });
  });

  test("a reader that goes away is no failure", async () => {
    const running = gmqttd(["print-config"]);
    running.closeOutput();
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("what it prints is a configuration", async () => {
    const { stdout } = await gmqttd(["print-config"]).ended;
    expect(await check(folderWith({ "gmqttd.yml": stdout }))).toMatchObject({ code: 0 });
  });
});

describe("reload", () => {
  test.each([
    ["", 2, "pid_file: is not set"],
    ["pid_file: none.pid\n", 1, "none.pid holds no process id; is gmqttd running?"],
    ["pid_file: gone.pid\n", 1, "names process 999999999, which is gone"],
    ["mqt: {}\n", 2, "mqt: unknown key, did you mean mqtt?"],
    ['listeners: [{address: ":0", tls: {cert: no.crt, key: no.key}}]\n', 2, "listeners.0.tls.cert: cannot read "],
  ])("with %j it ends with code %i: %s", async (text, exitCode, line) => {
    const folder = folderWith({ "gmqttd.yml": text, "gone.pid": "999999999" });
    const { code, stderr } = await gmqttd(["reload", "-c", join(folder, "gmqttd.yml")]).ended;
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining(line)]);
  });
});

describe("the command line", () => {
  test("--version and --help", async () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as object;
    expect(await gmqttd(["--version"]).ended).toMatchObject({
      code: 0,
      stdout: `${(manifest as { version: string }).version}\n`,
    });
    const { code, stdout } = await gmqttd(["--help"]).ended;
    expect(code).toBe(0);
    for (const command of ["start", "reload", "check-config", "print-config"]) expect(stdout).toContain(command);
  });

  test.each([
    [["strat"], "unknown command 'strat'\n(Did you mean start?)"],
    [["start", "--confg", "x"], "unknown option '--confg'\n(Did you mean --config?)"],
    [["start", "--set", "x"], "It must be key=value, as in mqtt.max_inflight=50."],
    [
      ["check-config", "--set", "mqtt.max_inflght=1"],
      "mqtt.max_inflght: unknown key (in --set), did you mean mqtt.max_inflight?",
    ],
    [[], "Usage: gmqttd"],
  ])("%j is refused with code 2", async (args, text) => {
    const { code, stderr } = await gmqttd(args).ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });
});
