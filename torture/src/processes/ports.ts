/** Ports and whether somebody answers there. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A port that nothing listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  return address.port;
}

/** Sends `question` and resolves when the answer begins with `answer`. */
export function asks(port: number, question: string, answer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(question));
    let heard = "";
    socket.setTimeout(1000, () => socket.destroy(new Error(`port ${port} says nothing`)));
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
      if (!heard.startsWith(answer)) return;
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`port ${port} answered ${JSON.stringify(heard)}`)));
  });
}
