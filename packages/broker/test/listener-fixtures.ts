/** What the listeners' tests share: a recording handler, listeners that are closed again, certificates of a day's life. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Door, Transport, TransportHandler } from "../src/listeners/transport.ts";
import type { Logger } from "../src/logger.ts";

/** Records what a transport tells, and wakes whoever waits for it. */
export class Recorder implements TransportHandler {
  readonly transport: Transport;
  readonly chunks: Buffer[] = [];
  drains = 0;
  ends = 0;
  closes: (Error | undefined)[] = [];
  #waiting: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  constructor(transport: Transport) {
    this.transport = transport;
    transport.start(this);
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  onData(chunk: Buffer, start?: number, end?: number): void {
    this.chunks.push(chunk.subarray(start, end));
    this.#wake();
  }

  onDrain(): void {
    this.drains += 1;
    this.#wake();
  }

  onEnd(): void {
    this.ends += 1;
    this.#wake();
  }

  onClose(error: Error | undefined): void {
    this.closes.push(error);
    this.#wake();
  }

  /** Resolves once `met` holds; looked at again at every event of the transport. */
  until(met: () => boolean): Promise<void> {
    if (met()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ met, resolve }));
  }

  hasText(text: string): Promise<void> {
    return this.until(() => this.text === text);
  }

  closed(): Promise<void> {
    return this.until(() => this.closes.length > 0);
  }

  #wake(): void {
    this.#waiting = this.#waiting.filter((one) => {
      if (!one.met()) return true;
      one.resolve();
      return false;
    });
  }
}

/** A door that lets everybody in. */
export const openDoor: Door = { enter: () => true, leave: () => {} };

/** Transports as a listener accepts them, to be awaited one by one. */
export class Accepted {
  readonly all: Transport[] = [];
  readonly #waiting: ((transport: Transport) => void)[] = [];
  #taken = 0;

  accept = (transport: Transport): void => {
    this.all.push(transport);
    const waiter = this.#waiting.shift();
    if (waiter === undefined) return;
    this.#taken += 1;
    waiter(transport);
  };

  next(): Promise<Transport> {
    const ready = this.all[this.#taken];
    if (ready !== undefined) {
      this.#taken += 1;
      return Promise.resolve(ready);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A logger whose lines can be awaited. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  #waiting: { readonly line: string; readonly resolve: () => void }[] = [];

  readonly debug = (_fields: object, message: string): void => this.#log(`debug ${message}`);
  readonly info = (_fields: object, message: string): void => this.#log(`info ${message}`);
  readonly warn = (_fields: object, message: string): void => this.#log(`warn ${message}`);
  readonly error = (_fields: object, message: string): void => this.#log(`error ${message}`);

  logged(line: string): Promise<void> {
    if (this.lines.includes(line)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ line, resolve }));
  }

  #log(line: string): void {
    this.lines.push(line);
    for (const one of this.#waiting) if (one.line === line) one.resolve();
    this.#waiting = this.#waiting.filter((one) => one.line !== line);
  }
}

/** A certificate with its key, as files and as bytes. */
export interface Identity {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A folder with certificates, made by the openssl command. */
export class Certificates {
  readonly directory: string = mkdtempSync(join(tmpdir(), "gmqtt-listeners-"));

  /** A certificate authority that signs itself. */
  authority(name: string): Identity {
    return this.#make(name, [
      ...["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:true"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ]);
  }

  /** A certificate for a subject such as `/CN=localhost`, signed by `authority`. */
  signed(name: string, subject: string, authority: Identity): Identity {
    return this.#make(name, [
      ...["-subj", subject, "-CA", authority.certFile, "-CAkey", authority.keyFile],
      ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:false"],
    ]);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #make(name: string, rest: readonly string[]): Identity {
    const certFile = join(this.directory, `${name}.crt`);
    const keyFile = join(this.directory, `${name}.key`);
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
        ...["-keyout", keyFile, "-out", certFile, ...rest],
      ],
      { stdio: "pipe" },
    );
    return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
  }
}
