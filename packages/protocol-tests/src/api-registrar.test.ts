/** Plugins that offer an API and plugins that serve one find each other, in whatever order they load. */

import type { ApiHost, ApiRoute, ApiService, Plugin } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

const service: ApiService = { name: "test.Service", kind: "protobuf", definition: {}, handlers: { list: () => [] } };
const route: ApiRoute = { method: "GET", path: "/v1/test", handle: () => new Response("hello") };

const offering = (name: string): Plugin =>
  plugin(
    {},
    {
      name,
      load: ({ apiRegistrar }) => {
        apiRegistrar.registerService(service);
        apiRegistrar.registerRoute(route);
      },
    },
  );

function host(name: string, heard: unknown[]): Plugin {
  const addTo: ApiHost = {
    addService: (offered) => void heard.push([name, offered.name]),
    addRoute: (offered) => void heard.push([name, offered.path]),
  };
  return plugin({}, { name, load: ({ apiRegistrar }) => apiRegistrar.attachHost(addTo) });
}

describe("the API registrar", () => {
  const { start } = stores[0]!;

  it.each([
    ["before", (heard: unknown[]) => [host("host", heard), offering("offering")]],
    ["after", (heard: unknown[]) => [offering("offering"), host("host", heard)]],
  ])("tells a host that loads %s those who offer", async (_, plugins) => {
    const heard: unknown[] = [];
    await start({ plugins: () => plugins(heard) });
    expect(heard).toEqual([
      ["host", "test.Service"],
      ["host", "/v1/test"],
    ]);
  });

  it("tells every host, and needs none", async () => {
    const heard: unknown[] = [];
    await start({ plugins: () => [host("one", heard), offering("offering"), host("two", heard)] });
    expect(heard).toHaveLength(4);
    await start({ plugins: () => [offering("alone")] });
  });

  it("ends the start when two offer the same, and names the second", async () => {
    const starting = start({ plugins: () => [offering("first"), offering("second")] });
    await expect(starting).rejects.toMatchObject({
      culprit: "plugin second",
      message: expect.stringContaining("test.Service"),
    });
  });
});
