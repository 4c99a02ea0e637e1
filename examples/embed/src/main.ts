/**
 * A broker inside a program's own HTTP server: pages on every path, MQTT over WebSockets on /mqtt, and what the program
 * itself has to say and to hear. Listens on 8080, or where `PORT` says.
 */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { attachToHttpServer, type Broker, createBroker, type Plugin } from "@gmqtt/broker";

/** The program's own part: it remembers the last text of each bed, whoever sent it. */
const latest = new Map<string, string>();
const listening: Plugin = {
  name: "listening",
  load() {},
  unload() {},
  hookWrapper: () => ({
    onMsgArrived: (next) => async (client, request) => {
      const verdict = await next(client, request); // whoever may refuse has spoken
      if (!verdict) latest.set(request.message.topic, Buffer.from(request.message.payload).toString());
      return verdict;
    },
  }),
};

export const broker: Broker = createBroker({ plugins: [listening] });
await broker.start();

export const server: Server = createServer((request, response) => {
  if (request.method === "POST") {
    const topic = decodeURIComponent((request.url ?? "/").slice(1));
    broker.publisher.publish({ topic, payload: Buffer.from("from a page"), retain: true }).then(
      (receivers) => response.end(`handed to ${receivers}\n`),
      (error: Error) => response.writeHead(400).end(`${error.message}\n`),
    );
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ clients: broker.clientService.clientCount, latest: Object.fromEntries(latest) }));
});
const detach = attachToHttpServer(server, {
  path: "/mqtt",
  accept: (transport) => broker.acceptTransport(transport),
  logger: broker.logger,
  maximumPayload: broker.config.mqtt.maxPacketSize,
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1");
await once(server, "listening");
console.log("listening on", server.address());

/** Ends both, clients first. */
export async function stop(): Promise<void> {
  detach();
  await broker.stop();
  server.close();
}
