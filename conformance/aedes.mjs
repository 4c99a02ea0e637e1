/** Starts npm's aedes on two free ports. It is no dependency of ours: AEDES_HOME is a folder where `npm install aedes ws` was run. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const home = createRequire(join(process.env.AEDES_HOME ?? process.cwd(), "package.json"));
const { Aedes } = await import(pathToFileURL(home.resolve("aedes")).href);
const { WebSocketServer, createWebSocketStream } = home("ws");

const aedes = await Aedes.createBroker();
const tcp = createServer(aedes.handle);
const http = createHttpServer();
const handleProtocols = (offered) => (offered.has("mqtt") ? "mqtt" : false);
new WebSocketServer({ server: http, handleProtocols }).on("connection", (socket, request) => {
  const stream = createWebSocketStream(socket);
  stream.on("error", () => {});
  aedes.handle(stream, request);
});
for (const server of [tcp, http]) await once(server.listen(0, "127.0.0.1"), "listening");
console.log(`listening on ${tcp.address().port} and ${http.address().port}`);
