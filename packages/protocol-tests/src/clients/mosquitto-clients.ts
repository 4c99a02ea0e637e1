/** mosquitto_pub and mosquitto_sub as these tests use them. */

import { needProgram, Program } from "./program.ts";
import type { RealBroker, Way } from "./real-broker.ts";

/** As their option `-V` spells it: 3.1, 3.1.1 and 5.0. */
export type MosquittoVersion = "31" | "311" | "5";

/** How a mosquitto client reaches the broker; they speak no WebSocket. */
export type MosquittoWay = Exclude<Way, "ws" | "wss">;

/** mosquitto's clients against one broker, by one way, in one version. */
export class MosquittoClients {
  readonly #where: readonly string[];

  constructor(real: RealBroker, way: MosquittoWay, version: MosquittoVersion) {
    for (const command of ["mosquitto_sub", "mosquitto_pub"]) {
      needProgram("mosquitto-clients", command, ["--help"], 1); // which is what they answer with
    }
    const place = way === "unix" ? ["--unix", real.socket] : ["-h", "127.0.0.1", "-p", String(real.ports[way])];
    const tls = way === "tls" ? ["--cafile", real.authority] : [];
    this.#where = ["-V", version, ...place, ...tls];
  }

  /** Publishes and waits until it is done; rejects when it failed. */
  async publish(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await new Program("mosquitto_pub", [...this.#where, ...args]).ended();
    if (code !== 0 || stderr !== "") throw new Error(`mosquitto_pub ended with ${code}: ${stderr}`);
  }

  /** Publishes each line as a message of its own. */
  async publishLines(lines: readonly string[], ...args: readonly string[]): Promise<void> {
    const program = new Program("mosquitto_pub", [...this.#where, "-l", ...args]);
    program.end(`${lines.join("\n")}\n`);
    const { code, stderr } = await program.ended();
    if (code !== 0) throw new Error(`mosquitto_pub ended with ${code}: ${stderr}`);
  }

  /** Runs mosquitto_sub until it has its SUBACK; `format` as its option -F, one line per message. */
  async subscribe(format: string, ...args: readonly string[]): Promise<Subscriber> {
    const program = new Program("mosquitto_sub", [...this.#where, "-d", "-F", `> ${format}`, ...args]);
    const subscriber = new Subscriber(program);
    await program.lineLike(/^Subscribed/);
    return subscriber;
  }

  /** Runs mosquitto_sub from its CONNECT on, for sessions whose messages come before any SUBACK. */
  resume(format: string, ...args: readonly string[]): Subscriber {
    return new Subscriber(new Program("mosquitto_sub", [...this.#where, "-d", "-F", `> ${format}`, ...args]));
  }

  /** Anything else of mosquitto's. */
  run(command: string, ...args: readonly string[]): Program {
    return new Program(command, [...this.#where, ...args]);
  }
}

/** A mosquitto_sub that runs. */
export class Subscriber {
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  /** The next message, as the format shows it. */
  async next(): Promise<string> {
    return (await this.program.lineLike(/^> /)).slice(2);
  }

  /** Messages that came and nobody asked for. */
  get unread(): string[] {
    return this.program.unread.filter((line) => line.startsWith("> "));
  }
}
