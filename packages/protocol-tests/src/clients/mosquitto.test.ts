/** mosquitto_pub and mosquitto_sub against the broker: TCP, TLS and Unix sockets, in 3.1, 3.1.1 and 5.0. */

import { connectSocket } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { MosquittoClients, type MosquittoVersion, type MosquittoWay } from "./mosquitto-clients.ts";
import { type RealBroker, startRealBroker } from "./real-broker.ts";

let real: RealBroker;
beforeAll(async () => {
  real = await startRealBroker();
});
afterAll(() => real.stop());

const ways: readonly MosquittoWay[] = ["tcp", "tls", "unix"];
const versions: readonly MosquittoVersion[] = ["31", "311", "5"];
const matrix = ways.flatMap((way) => versions.map((version) => ({ way, version })));

describe.each(matrix)("mosquitto's clients over $way with -V $version", ({ way, version }) => {
  const base = `${way}/${version}`;
  const clients = () => new MosquittoClients(real, way, version);

  it.each(["0", "1", "2"])("exchange messages of QoS %s in order", async (qos) => {
    const subscriber = await clients().subscribe("%t %q %r %p", "-t", `${base}/q/#`, "-q", qos);
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    await clients().publishLines(lines, "-t", `${base}/q/a`, "-q", qos);
    for (const line of lines) expect(await subscriber.next()).toBe(`${base}/q/a ${qos} 0 ${line}`);
  });

  it("keep a retained message for later subscribers, until it is deleted", async () => {
    await clients().publish("-t", `${base}/retained`, "-q", "1", "-r", "-m", "kept");
    const subscriber = await clients().subscribe("%r %p", "-t", `${base}/retained`, "-q", "1");
    expect(await subscriber.next()).toBe("1 kept");
    await clients().publish("-t", `${base}/retained`, "-q", "1", "-r", "-n");
    expect(await subscriber.next()).toBe("0 ");
    const late = await clients().subscribe("%r %p", "-t", `${base}/retained`, "-q", "1");
    await clients().publish("-t", `${base}/retained`, "-q", "1", "-m", "new");
    expect(await late.next()).toBe("0 new");
  });

  it("have their will published when they are killed", async () => {
    const watcher = await clients().subscribe("%t %q %p", "-t", `${base}/will`, "-q", "1");
    const will = ["--will-topic", `${base}/will`, "--will-payload", "gone", "--will-qos", "1"];
    const doomed = await clients().subscribe("%p", "-t", `${base}/else`, ...will);
    doomed.program.kill();
    expect(await watcher.next()).toBe(`${base}/will 1 gone`);
  });

  it("resume a session with what was queued meanwhile", async () => {
    const session = ["-c", "-i", `${way}-${version}`, "-q", "2", "-t", `${base}/session`];
    const expiry = version === "5" ? ["-x", "60"] : [];
    const first = await clients()
      .run("mosquitto_sub", ...session, ...expiry, "-E")
      .ended();
    expect(first.code).toBe(0);
    for (const qos of ["0", "1", "2"]) await clients().publish("-t", `${base}/session`, "-q", qos, "-m", `away ${qos}`);
    const second = clients().resume("%q %p", ...session, ...expiry, "-C", "3");
    for (const qos of [0, 1, 2]) expect(await second.next()).toBe(`${qos} away ${qos}`);
    expect((await second.program.ended()).code).toBe(0);
  });

  it("share a subscription", async () => {
    const shared = ["-t", `$share/group/${base}/shared`, "-q", "1"];
    const members = [await clients().subscribe("%p", ...shared), await clients().subscribe("%p", ...shared)];
    const lines = Array.from({ length: 10 }, (_, index) => `${index}`);
    await clients().publishLines(lines, "-t", `${base}/shared`, "-q", "1");
    const texts: string[] = [];
    for (const member of members) for (let index = 0; index < 5; index++) texts.push(await member.next());
    expect(texts.sort()).toEqual(lines);
    expect(members.flatMap(({ unread }) => unread)).toEqual([]);
  });
});

describe.each(ways)("mosquitto's clients over %s with the properties of 5.0", (way) => {
  const clients = () => new MosquittoClients(real, way, "5");

  it("carry the properties of a message, user properties in order", async () => {
    const subscriber = await clients().subscribe("%R|%D|%C|%E|%P|%p", "-t", `${way}/properties`);
    const pairs = ["-D", "publish", "user-property", "a", "1", "-D", "publish", "user-property", "a", "2"];
    const others = {
      "response-topic": `${way}/answer`,
      "correlation-data": "c-7",
      "content-type": "text/plain",
      "message-expiry-interval": "60",
    };
    const args = Object.entries(others).flatMap(([name, value]) => ["-D", "publish", name, value]);
    await clients().publish("-t", `${way}/properties`, "-m", "text", ...args, ...pairs);
    expect(await subscriber.next()).toBe(`${way}/answer|c-7|text/plain|60|a:1 a:2|text`);
  });

  it("ask and are answered (mosquitto_rr)", async () => {
    const server = await connectSocket(`mqtt://127.0.0.1:${real.ports.tcp}`);
    onTestFinished(() => server.drop());
    await server.subscribe(`${way}/ask`);
    const asking = clients().run("mosquitto_rr", "-t", `${way}/ask`, "-e", `${way}/answers`, "-m", "2+2");
    const { properties, text } = await server.next("publish");
    expect(text).toBe("2+2");
    const { correlationData, responseTopic } = properties ?? {};
    expect(responseTopic).toBe(`${way}/answers`);
    await server.publish(
      responseTopic as string,
      "4",
      correlationData === undefined ? {} : { properties: { correlationData } },
    );
    expect(await asking.line()).toBe("4");
  });

  it("have a will with a delay and properties", async () => {
    const watcher = await clients().subscribe("%P %p", "-t", `${way}/will5`);
    const will = ["--will-topic", `${way}/will5`, "--will-payload", "gone", "-D", "will", "will-delay-interval", "1"];
    const args = [...will, "-D", "will", "user-property", "why", "killed", "-c", "-i", `${way}-w`, "-x", "60"];
    const doomed = await clients().subscribe("%p", "-t", `${way}/else`, ...args);
    const before = performance.now();
    doomed.program.kill();
    expect(await watcher.next()).toBe("why:killed gone");
    expect(performance.now() - before).toBeGreaterThan(950);
  });

  it("say why they were refused", async () => {
    const { code, stderr } = await clients().run("mosquitto_pub", "-t", "$SYS/mine", "-q", "1", "-m", "x").ended();
    const said = "Warning: Publish 1 failed: Not authorized.\n$SYS is the server's";
    expect({ code, stderr }).toEqual({ code: 0, stderr: said });
  });
});
