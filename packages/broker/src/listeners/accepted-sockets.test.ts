import { once } from "node:events";
import { createRequire } from "node:module";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeSocketsWhole } from "./accepted-sockets.ts";

type DuplexModule = { Duplex: { call(stream: unknown, options: object): void } };

const streams = createRequire(import.meta.url)("node:stream") as DuplexModule;

describe("sockets made with all of their options", () => {
  const open: Socket[] = [];
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not bound");
    port = address.port;
    makeSocketsWhole(server, true, true);
  });

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy();
    server.close();
  });

  /** Both ends of a connection, the accepted one last. */
  async function pair(): Promise<[Socket, Socket]> {
    const accepted = once(server, "connection");
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const [socket] = (await accepted) as [Socket];
    open.push(client, socket);
    return [client, socket];
  }

  it("carry bytes, and outlive the end of the other direction", async () => {
    const [client, socket] = await pair();
    client.end("question");
    const [question] = (await once(socket, "data")) as [Buffer];
    await once(socket, "end");
    socket.end("answer");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect([String(question), String(answer)]).toEqual(["question", "answer"]);
  });

  it("are counted by their server, which closes behind the last of them", async () => {
    const [, socket] = await pair();
    const count = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, connections) => resolve(connections)));
    const closed = once(server, "close");
    server.close();
    expect(await count()).toBe(1);
    socket.destroy();
    await closed;
    expect(await count()).toBe(0);
  });

  it("have one hidden class for the options of all of them", async () => {
    setFlagsFromString("--allow-natives-syntax");
    const haveSameMap = new Function("a", "b", "return %HaveSameMap(a, b)") as (a: object, b: object) => boolean;
    const seen: object[] = [];
    const { Duplex } = streams;
    const call = (stream: unknown, options: object): void => {
      if ("handle" in options) seen.push(options);
      Duplex.call(stream, options);
    };
    streams.Duplex = Object.create(Duplex, { call: { value: call } }) as typeof Duplex;
    try {
      for (let count = 0; count < 50; count++) await pair();
    } finally {
      streams.Duplex = Duplex;
    }
    const [last, lastButOne] = seen.slice(-2) as [object, object];
    expect(haveSameMap(last, lastButOne)).toBe(true);
  });
});
