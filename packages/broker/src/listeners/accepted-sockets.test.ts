import { once } from "node:events";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SocketPairs } from "../../test/socket-pairs.ts";
import { makeSocketsWhole } from "./accepted-sockets.ts";

type DuplexModule = { Duplex: { call(stream: unknown, options: object): void } };

const streams = createRequire(import.meta.url)("node:stream") as DuplexModule;

describe("sockets made with all of their options", () => {
  let pairs: SocketPairs;

  beforeEach(async () => {
    pairs = new SocketPairs({ noDelay: true });
    await pairs.listen();
    makeSocketsWhole(pairs.server, true, true);
  });

  afterEach(() => pairs.close());

  it("carry bytes, and outlive the end of the other direction", async () => {
    const [client, socket] = await pairs.make();
    client.end("question");
    const [question] = (await once(socket, "data")) as [Buffer];
    await once(socket, "end");
    socket.end("answer");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect([String(question), String(answer)]).toEqual(["question", "answer"]);
  });

  it("are counted by their server, which closes behind the last of them", async () => {
    const { server } = pairs;
    const [, socket] = await pairs.make();
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
      for (let count = 0; count < 50; count++) await pairs.make();
    } finally {
      streams.Duplex = Duplex;
    }
    const [last, lastButOne] = seen.slice(-2) as [object, object];
    expect(haveSameMap(last, lastButOne)).toBe(true);
  });
});
