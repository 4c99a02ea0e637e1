/** Sends the malformed corpus, before and after CONNECT. */

import { connect as openSocket } from "node:net";
import type { Launched } from "../brokers/broker.ts";
import { connect, type Version } from "../bytes/packets.ts";
import { StrictDecoder } from "../client/strict-decoder.ts";
import { type BrokenPacket, corpus } from "./corpus.ts";

const AT_ONCE = 32;
/** How long an ending may take, in milliseconds. */
const PATIENCE = 15_000;

/** Complaints about one version's corpus. */
export async function runCorpus(broker: Launched, version: Version): Promise<string[]> {
  const cases = corpus(version).flatMap((broken) => [false, true].map((connected) => ({ broken, connected })));
  const complaints: string[] = [];
  const worker = async (): Promise<void> => {
    for (let next = cases.pop(); next !== undefined; next = cases.pop()) {
      const complaint = await attack(broker, version, next.broken, next.connected);
      if (complaint !== undefined) {
        complaints.push(`${next.broken.name} ${next.connected ? "after" : "instead of"} CONNECT: ${complaint}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return complaints;
}

let counter = 0;

/** Sends one; what the broker did wrong. It is half-closed behind it, so that it must end in any case. */
function attack(
  broker: Launched,
  version: Version,
  { bytes, fatal }: BrokenPacket,
  connected: boolean,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    counter++;
    const socket = openSocket({ host: broker.host, port: broker.port, allowHalfOpen: true });
    const decoder = new StrictDecoder(version);
    let complaint: string | undefined;
    let welcomed = false;
    const timer = setTimeout(() => {
      complaint = "the connection stayed open";
      socket.destroy();
    }, PATIENCE);
    const isConnect = (bytes[0] ?? 0) >> 4 === 1;
    socket.on("connect", () => {
      if (connected) socket.write(connect(version, { id: `corpus${counter}` }));
      socket.write(bytes);
      // What must end the connection must do so though nothing else comes.
      if (!fatal) socket.end();
    });
    socket.on("data", (chunk) => {
      try {
        decoder.push(chunk);
        for (let packet = decoder.next(); packet !== undefined; packet = decoder.next()) {
          if (packet.name === "connack" && packet.code === 0) {
            if (!connected && !isConnect) complaint = "it was taken for a CONNECT";
            welcomed = true;
          } else if (!welcomed && packet.name !== "connack" && packet.name !== "auth") {
            complaint = `${packet.describe()} came before CONNACK`;
          }
        }
      } catch (error) {
        // A refused level may be told in another version's shape.
        if (!isConnect) complaint = (error as Error).message;
      }
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(complaint);
    });
  });
}
