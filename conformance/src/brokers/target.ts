/** A broker that somebody else runs: its address is all we know. */

import type { Brokers, Endpoint, Launched } from "./broker.ts";

/** The broker at `host:port`; `webSocket` is `host:port/path`. Only the default profile can be had. */
export function targetAt(address: string, webSocket?: string): Brokers {
  const endpoint = parse(address, webSocket);
  return {
    name: address,
    ours: false,
    grace: 200,
    launch: async (profile): Promise<Launched | undefined> =>
      profile === "default"
        ? { ...endpoint, pid: 0, log: () => "", exitCode: () => null, stop: async () => {} }
        : undefined,
  };
}

function parse(address: string, webSocket?: string): Endpoint {
  const main = /^(.+):(\d+)$/.exec(address);
  if (main === null) throw new Error(`--target wants host:port, not ${address}`);
  const web = webSocket === undefined ? null : /^.+?:(\d+)(\/.*)?$/.exec(webSocket);
  return {
    host: main[1] ?? "",
    port: Number(main[2]),
    ...(web === null ? {} : { webSocketPort: Number(web[1]), webSocketPath: web[2] ?? "/" }),
  };
}
