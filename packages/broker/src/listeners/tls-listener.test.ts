import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  Accepted,
  Certificates,
  type Identity,
  openDoor,
  Recorder,
  RecordingLogger,
} from "../../test/listener-fixtures.ts";
import { openListener } from "./open-listener.ts";
import type { ListenerTlsConfig } from "./tls-credentials.ts";
import type { Listener } from "./transport.ts";

let certificates: Certificates;
let authority: Identity;
let device: Identity;
let stranger: Identity;

beforeAll(() => {
  certificates = new Certificates();
  authority = certificates.authority("authority");
  certificates.signed("server", "/CN=localhost", authority);
  device = certificates.signed("device", "/CN=device-7", authority);
  stranger = certificates.signed("stranger", "/CN=device-7", certificates.authority("elsewhere"));
});

afterAll(() => certificates.remove());

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Opened {
  readonly listener: Listener;
  readonly accepted: Accepted;
  readonly logger: RecordingLogger;
}

async function open(tls: Partial<ListenerTlsConfig> = {}, openingTimeout = 10_000): Promise<Opened> {
  const accepted = new Accepted();
  const logger = new RecordingLogger();
  const listener = await openListener(
    {
      address: "127.0.0.1:0",
      backlog: 511,
      tls: { cert: "server.crt", key: "server.key", verify: false, usernameFromCommonName: false, ...tls },
    },
    {
      baseDirectory: certificates.directory,
      accept: accepted.accept,
      door: openDoor,
      logger,
      maximumPayload: () => 1024,
      openingTimeout,
    },
  );
  undo.push(() => listener.close());
  return { listener, accepted, logger };
}

function dial(listener: Listener, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({
    port: listener.port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: authority.cert,
    ...options,
  });
  undo.push(() => socket.destroy());
  return socket;
}

async function ending(socket: TLSSocket): Promise<string> {
  let code = "closed";
  socket.on("error", (error) => {
    if ("code" in error) code = String(error.code);
  });
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
  return code;
}

describe("a TLS listener", () => {
  it("carries bytes both ways and tells no certificate of clients that have none", async () => {
    const { listener, accepted } = await open();
    expect(listener.kind).toBe("tls");
    const client = dial(listener);
    const transport = await accepted.next();
    expect(transport.info).toEqual({
      kind: "tls",
      listener: "127.0.0.1:0",
      remoteAddress: "127.0.0.1",
      remotePort: client.localPort,
      localAddress: "127.0.0.1",
      localPort: listener.port,
      certificate: undefined,
      certificateUsername: undefined,
    });
    const recorder = new Recorder(transport);
    for (const byte of "split") client.write(byte);
    await recorder.hasText("split");
    transport.write([Buffer.from("one"), Buffer.from(" two")]);
    transport.end();
    const received: Buffer[] = [];
    client.on("data", (chunk: Buffer) => received.push(chunk));
    await once(client, "end");
    expect(Buffer.concat(received).toString()).toBe("one two");
  });

  it("answers false while the peer is frozen, and tells when all is taken", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener);
    const recorder = new Recorder(await accepted.next());
    client.pause();
    const chunk = Buffer.alloc(1_048_576);
    for (let i = 0; i < 16; i++) recorder.transport.write([chunk]);
    expect(recorder.transport.bufferedBytes).toBeGreaterThan(0);
    let received = 0;
    client.on("data", (part: Buffer) => {
      received += part.length;
    });
    client.resume();
    await recorder.until(() => recorder.drains === 1);
    expect(recorder.transport.bufferedBytes).toBe(0);
    recorder.transport.end();
    await once(client, "end");
    expect(received).toBe(16 * chunk.length);
  });

  it("agrees on mqtt by ALPN, and lets in who offers nothing", async () => {
    const { listener, accepted } = await open();
    const asking = dial(listener, { ALPNProtocols: ["x-other", "mqtt"] });
    await once(asking, "secureConnect");
    await accepted.next();
    expect(asking.alpnProtocol).toBe("mqtt");
    const silent = dial(listener);
    await once(silent, "secureConnect");
    await accepted.next();
    expect(silent.alpnProtocol).toBe(false);
  });

  it("refuses who offers only protocols of others, and logs it at debug", async () => {
    const { listener, accepted, logger } = await open();
    expect(await ending(dial(listener, { ALPNProtocols: ["h2"] }))).toMatch(/ALERT_NO_APPLICATION_PROTOCOL$/);
    await logger.logged("debug tls handshake failed");
    expect(accepted.all).toEqual([]);
  });

  it("refuses versions older than TLS 1.2, or than min_version", async () => {
    const { listener } = await open();
    expect(
      await ending(dial(listener, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" })),
    ).not.toBe("closed");
    const strict = await open({ minVersion: "TLSv1.3" });
    expect(await ending(dial(strict.listener, { maxVersion: "TLSv1.2" }))).toMatch(/ALERT_PROTOCOL_VERSION$/);
    const ordinary = dial(listener, { maxVersion: "TLSv1.2" });
    await once(ordinary, "secureConnect");
    expect(ordinary.getProtocol()).toBe("TLSv1.2");
  });

  it("survives peers that talk no TLS or leave in the handshake", async () => {
    const { listener, accepted, logger } = await open();
    const plain = connectTcp(listener.port, "127.0.0.1");
    plain.on("error", () => {});
    plain.end("\x10\x0c\x00\x04MQTT");
    plain.resume();
    await once(plain, "close");
    await logger.logged("debug tls handshake failed");
    const leaving = connectTcp(listener.port, "127.0.0.1");
    leaving.on("error", () => {});
    leaving.write("\x16\x03\x01", () => leaving.resetAndDestroy());
    await once(leaving, "close");
    dial(listener);
    expect((await accepted.next()).info.kind).toBe("tls");
  });

  it("closes connections that don't finish the handshake in time", async () => {
    const { listener, accepted } = await open({}, 50);
    const idle = connectTcp(listener.port, "127.0.0.1");
    idle.resume();
    await once(idle, "close");
    expect(accepted.all).toEqual([]);
  });

  it("closes handshakes under way when it is closed", async () => {
    const { listener } = await open();
    const idle = connectTcp(listener.port, "127.0.0.1");
    idle.on("error", () => {});
    idle.resume();
    await once(idle, "connect");
    // The server has the connection once a later one is through.
    await once(dial(listener), "secureConnect");
    await listener.close();
    await once(idle, "close");
  });
});

describe("a mutual TLS listener", () => {
  it("lets in clients with a certificate of the authority and tells who they are", async () => {
    const { listener, accepted } = await open({ cacert: "authority.crt", verify: true });
    dial(listener, { cert: device.cert, key: device.key });
    const { info } = await accepted.next();
    expect(info.certificate?.subject.CN).toBe("device-7");
    expect(info.certificateUsername).toBeUndefined();
  });

  it("refuses clients without a certificate, or with one of somebody else's", async () => {
    const { listener, accepted, logger } = await open({ cacert: "authority.crt", verify: true });
    expect(await ending(dial(listener))).toMatch(/CERTIFICATE_REQUIRED$/);
    await ending(dial(listener, { cert: stranger.cert, key: stranger.key }));
    await logger.logged("debug tls client certificate refused");
    expect(logger.lines).toEqual(["debug tls handshake failed", "debug tls client certificate refused"]);
    expect(accepted.all).toEqual([]);
  });

  it("takes the user name from the common name where told so", async () => {
    const { listener, accepted } = await open({ cacert: "authority.crt", verify: true, usernameFromCommonName: true });
    dial(listener, { cert: device.cert, key: device.key });
    expect((await accepted.next()).info.certificateUsername).toBe("device-7");
  });

  it("knows the client of a resumed session too", async () => {
    const { listener, accepted } = await open({ cacert: "authority.crt", verify: true, usernameFromCommonName: true });
    const first = dial(listener, { cert: device.cert, key: device.key });
    const [session] = (await once(first, "session")) as [Buffer];
    await accepted.next();
    const second = dial(listener, { cert: device.cert, key: device.key, session });
    const { info } = await accepted.next();
    expect(second.isSessionReused()).toBe(true);
    expect(info.certificateUsername).toBe("device-7");
    expect(info.certificate?.subject.CN).toBe("device-7");
  });

  it.each([
    ["none", "/O=works"],
    ["two", "/CN=device-7/CN=admin"],
  ])("closes when the user name is to come from the common name and there is %s", async (name, subject) => {
    const identity = certificates.signed(`names-${name}`, subject, authority);
    const { listener, accepted, logger } = await open({
      cacert: "authority.crt",
      verify: true,
      usernameFromCommonName: true,
    });
    await ending(dial(listener, { cert: identity.cert, key: identity.key }));
    expect(logger.lines).toEqual(["debug client certificate has no single common name"]);
    expect(accepted.all).toEqual([]);
  });
});

describe("reloading certificates", () => {
  it("shows the new certificate to new connections and keeps the old ones", async () => {
    const first = certificates.signed("rolling", "/CN=first", authority);
    const { listener, accepted } = await open({ cert: "rolling.crt", key: "rolling.key" });
    const old = dial(listener);
    const recorder = new Recorder(await accepted.next());
    expect(old.getPeerCertificate().subject.CN).toBe("first");
    certificates.signed("rolling", "/CN=second", authority);
    (await listener.prepareReload())();
    const fresh = dial(listener);
    await accepted.next();
    expect(fresh.getPeerCertificate().subject.CN).toBe("second");
    old.write("still here");
    await recorder.hasText("still here");

    writeFileSync(first.certFile, "rubbish");
    await expect(listener.prepareReload()).rejects.toMatchObject({
      message: "listeners.tls.cert: rolling.crt is not a certificate in PEM format",
    });
    const unmoved = dial(listener);
    await accepted.next();
    expect(unmoved.getPeerCertificate().subject.CN).toBe("second");
  });
});

describe("reloading the certificate authority", () => {
  it("holds new connections to the new one, resumed sessions included", async () => {
    const old = certificates.authority("rotating");
    const client = certificates.signed("rotated-out", "/CN=device-8", old);
    const { listener, accepted } = await open({ cacert: "rotating.crt", verify: true });
    const first = dial(listener, { cert: client.cert, key: client.key });
    const [session] = (await once(first, "session")) as [Buffer];
    await accepted.next();
    certificates.authority("rotating");
    (await listener.prepareReload())();
    await ending(dial(listener, { cert: client.cert, key: client.key }));
    await ending(dial(listener, { cert: client.cert, key: client.key, session }));
    expect(accepted.all).toHaveLength(1);
  });
});

describe("tls sections that can't work", () => {
  it.each<[string, Partial<ListenerTlsConfig>, RegExp]>([
    [
      "a missing certificate",
      { cert: "no.crt" },
      /^listeners\.tls\.cert: cannot read \/.*\/no\.crt: no such file or directory$/,
    ],
    ["a missing key", { key: "no.key" }, /^listeners\.tls\.key: cannot read \/.*\/no\.key: no such file/],
    ["a folder for a file", { key: "." }, /^listeners\.tls\.key: cannot read .*: it is a directory$/],
    [
      "another certificate's key",
      { key: "device.key" },
      /^listeners\.tls\.key: device\.key is not the private key of the certificate/,
    ],
    [
      "an authority that is none",
      { cacert: "server.key" },
      /^listeners\.tls\.cacert: server\.key is not a certificate in PEM/,
    ],
    [
      "verify without an authority",
      { verify: true },
      /^listeners\.tls\.cacert: verify needs the certificate authority/,
    ],
    [
      "a user name from a certificate that nobody verified",
      { usernameFromCommonName: true },
      /^listeners\.tls\.username_from_common_name: a user name can only be taken from a verified certificate$/,
    ],
  ])("refuses %s", async (_name, tls, message) => {
    await expect(open(tls)).rejects.toMatchObject({ name: "ConfigError", message: expect.stringMatching(message) });
  });

  it("finds absolute paths too", async () => {
    const { listener } = await open({ cert: join(certificates.directory, "server.crt") });
    expect(listener.port).toBeGreaterThan(0);
  });
});
