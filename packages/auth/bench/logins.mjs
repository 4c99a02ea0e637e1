/**
 * 200 logins a second with argon2id while 100 clients exchange messages: how much longer do messages take?
 *
 * node packages/auth/bench/logins.mjs [rounds] [logins per second]
 *
 * Four processes: gmqttd as built, whoever exchanges messages, whoever logs in, and this one. Phases: nobody logs in; 50
 * users log in over and over (a fleet that reconnects); every login is of a user not seen before. Medians over all rounds.
 */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashSync } from "@node-rs/argon2";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const CLIENTS = 100;
/** Messages that each of the publishing half sends per second. */
const RATE = 20;
const USERS = 20_000;
const FLEET = 50;
/** Per phase and round. */
const SECONDS = 4;

const [role, ...parameters] = process.argv.slice(2);
if (role === "exchange") await exchange(Number(parameters[0]));
else if (role === "login") await logins(...parameters.map(Number));
else await coordinate(Number(role ?? 11), Number(parameters[0] ?? 200));

async function coordinate(rounds, rate) {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-logins-"));
  const password = hashSync("secret"); // one hash for all: checking it costs the same
  const accounts = Array.from({ length: USERS }, (_, index) => `- username: u${index}\n  password: ${password}\n`);
  writeFileSync(join(folder, "accounts.yml"), accounts.join(""));
  const config = `listeners: [{ address: "127.0.0.1:0" }]
plugin_order: [auth]
plugins: { auth: { password_file: ./accounts.yml } }
limits: { connect_rate: 100000, connect_rate_per_address: 100000 }
`;
  writeFileSync(join(folder, "gmqttd.yml"), config);
  mkdirSync(join(folder, "node_modules/@gmqtt"), { recursive: true });
  symlinkSync(join(root, "packages/auth"), join(folder, "node_modules/@gmqtt/auth"));
  const options = ["start", "-c", join(folder, "gmqttd.yml"), "--log-format", "json", "--log-level", "info"];
  const broker = spawn(process.execPath, [join(root, "apps/gmqttd/dist/main.js"), ...options]);
  process.on("exit", () => broker.kill("SIGKILL")); // a worker that fails ends all of it
  const port = await portOf(broker);
  const messages = worker("exchange", port);
  try {
    await messages.next(); // all connected
    const phases = [
      { name: "nobody logs in", found: [] },
      { name: `${rate} logins/s of ${FLEET} users, seen before`, asked: [port, rate, 0, FLEET], found: [] },
      { name: `${rate} logins/s, every user a new one`, asked: [port, rate, FLEET, USERS], found: [] },
    ];
    // In turns, so that what else the machine does concerns all alike.
    for (let round = 0; round < rounds; round++) {
      for (const { asked, found } of phases) {
        const login = asked === undefined ? undefined : worker("login", ...asked, round);
        if (login !== undefined) await login.next(); // warm
        messages.say("measure");
        await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
        messages.say("report");
        const latency = await messages.next();
        login?.say("report");
        found.push({ ...latency, ...(await login?.next()) });
        login?.end();
        await new Promise((resolve) => setTimeout(resolve, 2_000)); // who waited hangs up, and is no part of the next phase
      }
    }
    const median = (found, key) => found.map((one) => one[key]).sort((one, other) => one - other)[found.length >> 1];
    const before = median(phases[0].found, "p99");
    for (const { found, name } of phases) {
      const [p50, p99] = [median(found, "p50"), median(found, "p99")];
      const ratio = (p99 / before).toFixed(2);
      const logins =
        found[0].accepted === undefined ? "" : `, ${(median(found, "accepted") / SECONDS).toFixed(0)} logins/s`;
      console.log(`${name}: p50 ${p50} ms, p99 ${p99} ms (${ratio})${logins}`);
    }
  } finally {
    messages.end();
    broker.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function portOf(broker) {
  return new Promise((resolve, reject) => {
    let text = "";
    broker.stderr.on("data", (chunk) => process.stderr.write(chunk));
    broker.stdout.on("data", (chunk) => {
      if (process.env.VERBOSE) process.stderr.write(chunk);
      if (text.length < 100_000) text += chunk;
      const found = /"address":"127\.0\.0\.1:(\d+)"/.exec(text);
      if (found !== null) resolve(Number(found[1]));
    });
    broker.on("close", (code) => reject(new Error(`gmqttd ended with ${code}`)));
  });
}

/** This program in another role, in a process of its own. */
function worker(...args) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args.map(String)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const said = [];
  const waiting = [];
  child.on("exit", (code) => {
    if (code !== null && code !== 0) process.exit(code);
  });
  child.on("message", (message) => (waiting.length > 0 ? waiting.shift()(message) : said.push(message)));
  return {
    say: (word) => child.send(word),
    next: () => (said.length > 0 ? Promise.resolve(said.shift()) : new Promise((resolve) => waiting.push(resolve))),
    end: () => child.kill("SIGKILL"),
  };
}

/** 50 clients publish to 50 others, QoS 0, the time of sending inside. */
async function exchange(port) {
  let latencies = [];
  const pairs = Array.from({ length: CLIENTS / 2 }, async (_, index) => {
    const receiver = await open(port, `receiver${index}`, "u0");
    receiver.socket.write(subscribe(`t/${index}`));
    await receiver.next(0x90);
    receiver.onPublish = (payload) => latencies.push(performance.now() - payload.readDoubleBE(0));
    const sender = await open(port, `sender${index}`, "u0");
    setTimeout(
      () => {
        setInterval(() => {
          const payload = Buffer.alloc(64);
          payload.writeDoubleBE(performance.now());
          sender.socket.write(publish(`t/${index}`, payload));
        }, 1000 / RATE);
      },
      Math.random() * (1000 / RATE),
    );
  });
  await Promise.all(pairs);
  process.on("message", (word) => {
    if (word === "report") {
      latencies.sort((one, other) => one - other);
      const at = (share) => +(latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
      process.send({ messages: latencies.length, p50: at(0.5), p99: at(0.99), max: at(1 - 1e-9) });
    }
    latencies = [];
  });
  process.send("ready");
}

/** Logs in `rate` times a second and leaves at once, with users from `first` up to `end`. */
async function logins(port, rate, first, end, round) {
  let counts = { accepted: 0, refused: 0 };
  const pending = new Set();
  if (end - first <= FLEET) for (let user = first; user < end; user++) await once(user); // seen before
  counts = { accepted: 0, refused: 0 };
  let user = end - first <= FLEET ? first : first + round * rate * SECONDS * 2;
  const since = performance.now();
  let begun = 0;
  setInterval(() => {
    for (; begun < ((performance.now() - since) / 1000) * rate; begun++) {
      const login = once(user).finally(() => pending.delete(login));
      pending.add(login);
      user = user + 1 < end ? user + 1 : first;
    }
  }, 5);
  process.on("message", () => process.send({ ...counts, underWay: pending.size }));
  process.send("ready");

  async function once(number) {
    const client = await open(port, `login${number}`, `u${number}`).catch(() => undefined);
    if (client === undefined) counts.refused++;
    else {
      counts.accepted++;
      client.socket.end(Buffer.from([0xe0, 0]));
    }
  }
}

/** A connected MQTT 3.1.1 client. */
function open(port, clientId, username) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1").setNoDelay();
    const client = { socket, onPublish: undefined, next: (type) => new Promise((done) => waiting.set(type, done)) };
    const waiting = new Map([[0x20, (packet) => (packet[3] === 0 ? resolve(client) : reject(new Error("refused")))]]);
    let buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      while (buffer.length >= 2 && buffer.length >= 2 + buffer[1]) {
        const packet = buffer.subarray(0, 2 + buffer[1]); // all packets here are shorter than 128 bytes
        buffer = buffer.subarray(packet.length);
        if ((packet[0] & 0xf0) === 0x30) client.onPublish?.(packet.subarray(4 + packet.readUInt16BE(2)));
        else waiting.get(packet[0] & 0xf0)?.(packet);
      }
    });
    socket.on("error", reject).on("close", () => reject(new Error("closed")));
    const body = Buffer.concat([
      text("MQTT"),
      Buffer.from([4, 0xc2, 0, 0]),
      text(clientId),
      text(username),
      text("secret"),
    ]);
    socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
  });
}

function text(value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
}

function subscribe(filter) {
  const body = Buffer.concat([Buffer.from([0, 1]), text(filter), Buffer.from([0])]);
  return Buffer.concat([Buffer.from([0x82, body.length]), body]);
}

function publish(topic, payload) {
  const body = Buffer.concat([text(topic), payload]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
