/** The life of a broker process: start, signals, reload, pid file, and how each failure looks. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { build, folderWith, gmqttd, packageFiles, type Running } from "./gmqttd.ts";

beforeAll(build);

const listener = 'listeners: [{address: "127.0.0.1:0"}]\n';

/** A certificate and its key, made for this run. */
function selfSigned(): Record<string, string> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const folder = folderWith({});
  const out = ["-keyout", join(folder, "server.key"), "-out", join(folder, "server.crt")];
  execFileSync("openssl", ["req", "-x509", ...curve, ...out, "-subj", "/CN=localhost", "-days", "2"], {
    stdio: "ignore",
  });
  return Object.fromEntries(
    ["server.crt", "server.key"].map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

/** A plugin that logs what happens to it; `body` are further members. */
function plugin(name: string, body = ""): Record<string, string> {
  const source = `export default {
    name: "${name}",
    configSchema: { shape: { a: {} }, safeParse: (data) => ({ success: true, data }) },
    create: (section, { logger }) => ({
      name: "${name}",
      load() { logger.info({ section }, "${name} loads"); },
      unload() { logger.info({}, "${name} unloads"); },
      hookWrapper: () => ({}),
      ${body}
    }),
  };`;
  return packageFiles(`gmqtt-plugin-${name}`, source);
}

/** Starts gmqttd in a folder with this configuration, and waits until it runs. */
async function started(
  text: string,
  options: { files?: Record<string, string>; args?: string[]; environment?: Record<string, string> } = {},
): Promise<Running & { readonly folder: string; readonly config: string }> {
  const folder = folderWith({ "gmqttd.yml": text, ...options.files });
  const config = join(folder, "gmqttd.yml");
  const running = gmqttd(["start", "-c", config, ...(options.args ?? [])], options.environment);
  await running.until(/broker started/);
  return { ...running, folder, config };
}

/** Starts gmqttd and expects it to fail; answers its exit code and lines, times taken away. */
async function failed(folder: string, ...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const { code, output } = await gmqttd(["start", "-c", join(folder, "gmqttd.yml"), ...args]).ended;
  return {
    code,
    lines: output
      .trimEnd()
      .replaceAll(/^\S+Z /gm, "")
      .split("\n"),
  };
}

describe("start", () => {
  test("ends with exit code 1 when the broker stops by itself, as it does when another has taken its store", async () => {
    const body = "persistence: undefined, load(server) { setTimeout(() => server.stop(), 50); },";
    const running = await started(`${listener}plugin_order: [quitter]\n`, { files: plugin("quitter", body) });
    const { code, output } = await running.ended;
    expect(code).toBe(1);
    expect(output).toContain("ERROR the broker has stopped by itself, gmqttd ends");
  });

  test("says what listens, which plugins are loaded and where data is kept", async () => {
    const text =
      'listeners: [{address: "127.0.0.1:0"}, {address: "[::1]:0", websocket: {}, name: web}]\nplugin_order: [one]\n';
    const running = await started(text, { files: plugin("one") });
    const lines = running.output().replaceAll(/^\S+Z /gm, "");
    expect(lines).toMatch(/^INFO {2}gmqttd starts version=\S+ pid=\d+ config=\/\S+\/gmqttd\.yml$/m);
    expect(lines).toMatch(/^INFO {2}plugin found plugin=one package=gmqtt-plugin-one$/m);
    expect(lines).toMatch(/^INFO {2}plugin loaded plugin=one$/m);
    expect(lines).toMatch(/^INFO {2}persistence in memory: nothing is kept over a restart$/m);
    expect(lines).toMatch(/^INFO {2}listening kind=tcp address=127\.0\.0\.1:[1-9]\d* name=127\.0\.0\.1:0$/m);
    expect(lines).toMatch(/^INFO {2}listening kind=websocket address=\[::1\]:[1-9]\d* name=web$/m);
    expect(lines).toMatch(/^INFO {2}broker started version=\S+ listeners=.* plugins=\["one"\] persistence=memory/m);
  });

  test("logs JSON when asked to, and takes listeners from the environment", async () => {
    const environment = { GMQTT_LISTENERS: '[{address: "127.0.0.1:0"}]' };
    const running = gmqttd(["start", "--log-format", "json"], environment);
    await running.until(/"broker started"/);
    const records = running
      .output()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.find(({ msg }) => msg === "listening")).toMatchObject({ level: "info", kind: "tcp" });
    expect(records[0]).toMatchObject({ msg: "gmqttd starts", config: "none", pid: running.pid });
  });

  test("finds plugins from the configuration's folder, gives each its section, unloads in reverse", async () => {
    const text = `${listener}plugin_order: [one, two]\nplugins: {one: {a: 1}}\n`;
    const running = await started(text, { files: { ...plugin("one"), ...plugin("two") } });
    running.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    const order = [
      'one loads section={"a":1}',
      "two loads section={}",
      "stopping",
      "two unloads",
      "one unloads",
      "broker stopped",
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  });
});

describe("a start that fails", () => {
  test("a wrong configuration ends with code 2 before anything starts", async () => {
    const { code, lines } = await failed(folderWith({ "gmqttd.yml": "mqtt:\n  max_inflght: 5\n" }));
    expect(code).toBe(2);
    expect(lines).toEqual([
      expect.stringMatching(/^gmqttd: \S+:2: mqtt\.max_inflght: unknown key, did you mean max_inflight\?$/),
    ]);
  });

  test("a port in use, an address that is not ours: code 1 and one line", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const text = `listeners: [{address: "127.0.0.1:${port}"}]\n`;
    const inUse = await failed(folderWith({ "gmqttd.yml": text }));
    other.close();
    expect(inUse.code).toBe(1);
    expect(inUse.lines.slice(2)).toEqual([
      expect.stringMatching(new RegExp(`^ERROR .*127\\.0\\.0\\.1:${port}: .*in use`)),
    ]);
    const elsewhere = await failed(folderWith({ "gmqttd.yml": 'listeners: [{address: "192.0.2.1:1883"}]\n' }));
    expect(elsewhere.code).toBe(1);
    expect(elsewhere.lines.slice(2)).toEqual([expect.stringMatching(/^ERROR .*192\.0\.2\.1:1883: /)]);
  });

  test("a certificate that is not there: code 2 and one line with its key", async () => {
    const text = 'listeners: [{address: "127.0.0.1:0", tls: {cert: none.crt, key: none.key}}]\n';
    const { code, lines } = await failed(folderWith({ "gmqttd.yml": text }));
    expect(code).toBe(2);
    expect(lines.slice(2)).toEqual([expect.stringMatching(/^ERROR listeners\S+\.tls\.cert: .*none\.crt/)]);
  });

  test("a plugin that can't be made or loaded is named; the stack comes at level debug", async () => {
    const make = packageFiles(
      "gmqtt-plugin-a",
      'export default { name: "a", create() { throw new Error("no table"); } };',
    );
    const folder = folderWith({ "gmqttd.yml": `${listener}plugin_order: [a]\n`, ...make });
    expect(await failed(folder)).toEqual({
      code: 1,
      lines: [expect.stringMatching(/gmqttd starts/), "ERROR plugin a (gmqtt-plugin-a): no table"],
    });
    const { lines } = await failed(folder, "--log-level", "debug");
    expect(lines.join("\n")).toMatch(/DEBUG this is where it failed error="no table"\n {4}Error: no table\n {8}at /);

    const load = plugin("b", "load() { throw new Error('no server'); },");
    const loading = await failed(folderWith({ "gmqttd.yml": `${listener}plugin_order: [b]\n`, ...load }));
    expect(loading.code).toBe(1);
    expect(loading.lines.slice(3)).toEqual([expect.stringMatching(/^ERROR .*\bb\b.*: no server$/)]);
  });
});

describe("stopping", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("%s stops gracefully, with code 0", async (signal) => {
    const running = await started(listener);
    running.kill(signal);
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`stopping signal=${signal} clients=0\n.*broker stopped\n$`, "s"));
  });

  test("what does not stop within shutdown_timeout is cut off, with code 1", async () => {
    const text = `${listener}shutdown_timeout: 100ms\nplugin_order: [slow]\n`;
    const files = plugin("slow", "unload() { return new Promise(() => setInterval(() => {}, 1000)); },");
    const running = await started(text, { files });
    running.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/ERROR not stopped in time, what is left is closed at once shutdown_timeout=100ms/);
  });

  test("a second signal stops at once; the echo of the same keystroke is no second one", async () => {
    const text = `${listener}shutdown_timeout: 1h\npid_file: a.pid\nplugin_order: [slow]\n`;
    const files = plugin("slow", "unload() { return new Promise(() => {}); },");
    const running = await started(text, { files });
    running.kill("SIGINT");
    running.kill("SIGINT");
    await running.until(/stopping/);
    // The signal is repeated until it counts, as an impatient person would.
    const impatience = setInterval(() => running.kill("SIGTERM"), 100);
    const began = performance.now();
    const { code, stdout } = await running.ended;
    clearInterval(impatience);
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(code).toBe(1);
    expect(stdout).toContain("WARN  second signal, stopped at once signal=SIGTERM");
    expect(existsSync(join(running.folder, "a.pid"))).toBe(false);
  });

  test("what a plugin leaves open does not keep the process alive", async () => {
    const files = plugin("lingering", "load() { setInterval(() => {}, 1000); },");
    const running = await started(`${listener}plugin_order: [lingering]\n`, { files });
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("a start that hangs is given up at shutdown_timeout after a signal, with code 1", async () => {
    const text = `${listener}shutdown_timeout: 100ms\npid_file: a.pid\nplugin_order: [stuck]\n`;
    const files = plugin("stuck", "load() { console.log('is stuck'); return new Promise(() => {}); },");
    const folder = folderWith({ "gmqttd.yml": text, ...files });
    const running = gmqttd(["start", "-c", join(folder, "gmqttd.yml")]);
    await running.until(/is stuck/);
    running.kill("SIGTERM");
    const { code, output } = await running.ended;
    expect(code).toBe(1);
    expect(output).toMatch(/ERROR not started within shutdown_timeout after a signal to stop, given up signal=SIGTERM/);
    expect(existsSync(join(folder, "a.pid"))).toBe(false);
  });

  test("a signal that comes while it starts is heard afterwards", async () => {
    const files = plugin(
      "slow",
      "load() { return new Promise((resolve) => { process.once('SIGTERM', resolve); console.log('loading'); setTimeout(() => {}, 60_000); }); },",
    );
    const folder = folderWith({ "gmqttd.yml": `${listener}plugin_order: [slow]\n`, ...files });
    const running = gmqttd(["start", "-c", join(folder, "gmqttd.yml")]);
    await running.until(/loading/);
    running.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/broker started.*stopping signal=SIGTERM.*broker stopped/s);
  });
});

describe("the pid file", () => {
  test("is there while gmqttd runs, relative to the configuration file", async () => {
    const running = await started(`${listener}pid_file: run.pid\n`);
    const pidFile = join(running.folder, "run.pid");
    expect(readFileSync(pidFile, "utf8")).toBe(`${running.pid}\n`);
    const second = await failed(running.folder);
    expect(second.code).toBe(1);
    expect(second.lines.slice(1)).toEqual([
      `ERROR pid_file: ${pidFile} names process ${running.pid}, which runs; remove the file if that is no gmqttd`,
    ]);
    running.kill("SIGTERM");
    await running.ended;
    expect(existsSync(pidFile)).toBe(false);
  });

  test("one that was left behind is replaced, and said so", async () => {
    const running = await started(`${listener}pid_file: run.pid\n`, { files: { "run.pid": "999999999\n" } });
    expect(running.output()).toMatch(/WARN {2}the last gmqttd did not end properly pid=999999999/);
    expect(readFileSync(join(running.folder, "run.pid"), "utf8")).toBe(`${running.pid}\n`);
  });

  test("one that can't be written ends the start with one line", async () => {
    const { code, lines } = await failed(folderWith({ "gmqttd.yml": `${listener}pid_file: none/run.pid\n` }));
    expect(code).toBe(1);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^ERROR pid_file: cannot write \S+none\/run\.pid: no such file$/),
    ]);
  });
});

describe("reload", () => {
  test("gmqttd reload changes the log level and limits live, and says what needs a restart", async () => {
    const running = await started(`${listener}pid_file: a.pid\n`);
    const text = `listeners: [{address: "127.0.0.1:0"}, {address: ":0"}]\npid_file: a.pid\nmqtt: {max_inflight: 7}\nlog: {level: debug}\n`;
    writeFileSync(running.config, text);
    const { code, stdout } = await gmqttd(["reload", "-c", running.config]).ended;
    expect([code, stdout]).toEqual([0, `process ${running.pid} was asked to reload; its log says what came of it\n`]);
    await running.until(/INFO {2}reloaded changed=mqtt\.max_inflight,log\.level\n/);
    await running.until(/WARN {2}these changes need a restart keys=listeners\n/);
    writeFileSync(running.config, `${text}hook_timeout: 1s\n`.replace("debug", "warn"));
    running.kill("SIGHUP");
    await running.until(/restart keys=listeners,hook_timeout\n/);
    running.kill("SIGHUP");
    running.kill("SIGTERM");
    const { stdout: log } = await running.ended;
    expect(log).toMatch(/INFO {2}reloaded changed=log\.level\n/);
    // At level warn nothing is heard of the next reload and of the stop but what is amiss.
    expect(log.split("changed=log.level")[1]).not.toMatch(/INFO/);
  });

  test("a bad file changes nothing and is told of line by line", async () => {
    const running = await started(`${listener}mqtt: {max_inflight: 5}\n`);
    writeFileSync(running.config, `${listener}mqtt:\n  max_inflght: 6\n  maximum_qos: 9\n`);
    running.kill("SIGHUP");
    await running.until(/ERROR reload refused, nothing changed\n/);
    expect(running.output()).toMatch(/ERROR \S+:3: mqtt\.max_inflght: unknown key, did you mean max_inflight\?\n/);
    expect(running.output()).toMatch(/ERROR \S+:4: mqtt\.maximum_qos: must be one of 0, 1, 2, not 9\n/);
    writeFileSync(running.config, `${listener}mqtt: {max_inflight: 5}\n`);
    running.kill("SIGHUP");
    await running.until(/reloaded changed=nothing\n/);
  });

  test("several at once, and one while it starts, are heard", async () => {
    const running = await started(listener);
    writeFileSync(running.config, `${listener}mqtt: {max_inflight: 5}\n`);
    for (let count = 0; count < 5; count++) running.kill("SIGHUP");
    await running.until(/reloaded changed=mqtt\.max_inflight\n/);
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("certificates are read again; when they can't be, they are named and the old ones stay", async () => {
    const files = selfSigned();
    const running = await started('listeners: [{address: "127.0.0.1:0", tls: {cert: server.crt, key: server.key}}]\n', {
      files,
    });
    running.kill("SIGHUP");
    await running.until(/certificate read again listener=127\.0\.0\.1:0 expires=20\S+Z\n.*reloaded changed=nothing\n/);
    writeFileSync(join(running.folder, "server.crt"), "no certificate");
    running.kill("SIGHUP");
    await running.until(/ERROR listeners\S+\.tls\.cert: .*\n.*ERROR reload refused, nothing changed\n/);
  });
});

describe("with a client", () => {
  // CONNECT of MQTT 5.0: clean start, user name and password, keep alive 60, client id "me".
  const connect = Buffer.from("101b00044d51545405c2003c0000026d6500026a6f000668756e746572", "hex");

  async function connected(text: string) {
    const running = await started(`${listener}${text}`);
    const [, port] = await running.until(/listening kind=tcp address=127\.0\.0\.1:(\d+)/);
    const socket = createConnection(Number(port), "127.0.0.1");
    socket.write(connect);
    await running.until(/client connected clientId=me/);
    return { running, socket };
  }

  test("SIGTERM tells MQTT 5.0 clients that the server is shutting down", async () => {
    const { running, socket } = await connected("");
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    running.kill("SIGTERM");
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/stopping signal=SIGTERM clients=1\n/);
    expect(Buffer.concat(received).toString("hex")).toMatch(/e00[12]8b(00)?$/);
  });

  test("dump_packet shows packets at level debug, passwords and payloads hidden, and ends with a reload", async () => {
    const { running, socket } = await connected("log: {level: debug, dump_packet: true}\n");
    await running.until(/DEBUG packet connect .*password=\(hidden\)/);
    socket.write(Buffer.from("300a00016100736563726574", "hex"));
    await running.until(/DEBUG packet publish clientId=me direction=in .*payload="6 bytes"/);
    writeFileSync(running.config, `${listener}log: {level: debug}\n`);
    running.kill("SIGHUP");
    await running.until(/reloaded changed=log\.dump_packet\n/);
    socket.write(Buffer.from("c000", "hex"));
    socket.write(Buffer.from("e000", "hex"));
    await running.until(/client disconnected clientId=me/);
    expect(running.output()).not.toMatch(/packet pingreq|secret|hunter/);
  });

  test("dump_packet shows what 3.1.1 clients are sent, not what 5.0 ones would be", async () => {
    const running = await started(`${listener}log: {level: debug, dump_packet: true}\n`);
    const [, port] = await running.until(/listening kind=tcp address=127\.0\.0\.1:(\d+)/);
    createConnection(Number(port), "127.0.0.1").write(Buffer.from("100e00044d5154540402003c00026d65", "hex"));
    await running.until(/packet connack clientId=me direction=out sessionPresent=false reasonCode=0\n/);
  });
});

describe("errors that nobody caught", () => {
  test("a rejected promise is logged with its stack, and the broker goes on", async () => {
    const files = plugin("careless", "load() { void Promise.reject(new Error('forgotten')); },");
    const running = await started(`${listener}plugin_order: [careless]\n`, { files });
    await running.until(
      /ERROR a promise was rejected that nobody waited for; this is a bug error=forgotten\n {4}Error: forgotten\n/,
    );
    running.kill("SIGTERM");
    expect((await running.ended).code).toBe(0);
  });

  test("an exception ends the process with code 1, its stack in the log, the pid file gone", async () => {
    const files = plugin("broken", "load() { setTimeout(() => { throw new Error('thrown'); }, 10); },");
    const folder = folderWith({ "gmqttd.yml": `${listener}pid_file: a.pid\nplugin_order: [broken]\n`, ...files });
    const { code, stdout } = await gmqttd(["start", "-c", join(folder, "gmqttd.yml")]).ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /ERROR an exception was thrown that nobody caught; this is a bug, gmqttd ends error=thrown\n {4}Error: thrown\n/,
    );
    expect(existsSync(join(folder, "a.pid"))).toBe(false);
  });
});
