/** A broker in real time with every kind of listener on free ports, for clients that others wrote. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, type BrokerConfigInput, createBroker } from "@gmqtt/broker";

/** How a client reaches the broker. */
export type Way = "tcp" | "tls" | "ws" | "wss" | "unix";

/** A broker that runs, and where. */
export interface RealBroker {
  readonly broker: Broker;
  /** By way; 0 for unix. */
  readonly ports: Readonly<Record<Way, number>>;
  /** Path of the Unix socket. */
  readonly socket: string;
  /** Certificate authority that the TLS listeners' certificate is from, as a PEM file. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** Starts one; the certificate is for 127.0.0.1 and lives a day. */
export async function startRealBroker(config: BrokerConfigInput = {}): Promise<RealBroker> {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-clients-"));
  const cert = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const socket = join(folder, "mqtt.sock");
  makeCertificate(cert, key);
  const tls = { cert, key };
  const websocket = { path: "/mqtt" };
  const address = "127.0.0.1:0";
  const broker = createBroker({
    config: {
      sys: { interval: 0 },
      ...config,
      listeners: [
        { name: "tcp", address },
        { name: "tls", address, tls },
        { name: "ws", address, websocket },
        { name: "wss", address, tls, websocket },
        { name: "unix", address: `unix://${socket}` },
      ],
    },
  });
  await broker.start();
  const ports = Object.fromEntries(broker.listeners.map(({ name, port }) => [name, port])) as Record<Way, number>;
  const stop = async () => {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { broker, ports, socket, authority: cert, stop };
}

function makeCertificate(cert: string, key: string): void {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", cert, ...subject], { stdio: "pipe" });
}
