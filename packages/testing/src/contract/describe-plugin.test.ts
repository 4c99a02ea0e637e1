import { definePlugin, type HookWrapper, MqttError, type Plugin } from "@gmqtt/broker";
import { afterAll, describe, expect, it } from "vitest";
import { describePlugin } from "./describe-plugin.ts";
import type { Runner } from "./runner.ts";

const schema = {
  safeParse(section: unknown) {
    const { word, ...others } = section as { word?: unknown };
    const unknown = Object.keys(others)[0];
    if (unknown !== undefined) return refusal(unknown, "unknown key");
    if (word !== undefined && typeof word !== "string") return refusal("word", "not a text");
    return { success: true as const, data: { word: word ?? "default" } };
  },
};

function refusal(key: string, message: string) {
  return { success: false as const, error: { issues: [{ path: [key], message }] } };
}

const wrap = (word: string): HookWrapper => ({
  onBasicAuth: (next) => (client, request) => {
    if (request.connect.username === "wrong") throw new MqttError(0x86, { reasonString: word });
    return next(client, request);
  },
});

const good = definePlugin<{ word: string }>({
  name: "good",
  configSchema: schema,
  create: ({ word }) => ({ name: "good", load: () => {}, unload: () => {}, hookWrapper: () => wrap(word) }),
});

describePlugin("a good plugin", good, {
  describe,
  it,
  config: { word: "hush" },
  refuses: [{ config: { word: 3 }, path: "word" }],
  cases: {
    "refuses the wrong user, with its word": async ({ broker, plugin }) => {
      expect(plugin.name).toBe("good");
      expect((await broker.refused({ username: "wrong" }))?.properties?.reasonString).toBe("hush");
    },
  },
});

/** Runs the suite for a plugin with something wrong, and gives the sentences that failed. */
async function failures(plugin: Partial<Plugin>, definition: object = {}): Promise<string[]> {
  const failed: string[] = [];
  const running: (() => Promise<void>)[] = [];
  const runner: Runner = {
    describe: (_, suite) => suite(),
    it: (name, test) => {
      running.push(async () => {
        await Promise.resolve()
          .then(test)
          .catch(() => failed.push(name));
      });
    },
  };
  const bad = { name: "bad", load: () => {}, unload: () => {}, hookWrapper: () => ({}), ...plugin };
  describePlugin("bad", { name: "bad", create: () => bad, ...definition }, runner);
  for (const run of running) await run();
  return failed;
}

describe("the plugin contract finds", () => {
  it("nothing wrong with a plugin that does nothing", async () => {
    expect(await failures({})).toEqual([]);
  });

  it("names that differ or don't fit", async () => {
    expect(await failures({ name: "other" })).toContain(
      "makes plugins of its own name that wrap only hooks that there are",
    );
    expect(await failures({}, { name: "Bad Name" })).toContain(
      "has a name that fits a configuration key and a package name",
    );
  });

  it("hooks that there are not", async () => {
    const hookWrapper = () => ({ onMessage: (next: unknown) => next }) as unknown as HookWrapper;
    expect(await failures({ hookWrapper })).toContain(
      "makes plugins of its own name that wrap only hooks that there are",
    );
  });

  it("schemas that take any key", async () => {
    const configSchema = { safeParse: () => ({ success: true, data: {} }) };
    expect(await failures({}, { configSchema })).toEqual(["refuses a section with a key that it does not know"]);
  });

  it("hooks that are not passed on", async () => {
    const hookWrapper = (): HookWrapper => ({ onConnected: () => () => {} });
    expect(await failures({ hookWrapper })).toEqual(["passes every hook on that it does not answer itself"]);
  });

  it("hooks that throw what is no MqttError", async () => {
    const hookWrapper = (): HookWrapper => ({
      onClosed: () => () => {
        throw new Error("forgot about this");
      },
    });
    expect(await failures({ hookWrapper })).toContain(
      "starts, serves clients of all versions and stops without an error of its own",
    );
  });

  it("what is not given back", async () => {
    let held = 0;
    const load = () => {
      held++;
      if (held > 1) throw new Error("in use");
    };
    const failed = await failures({ load, unload: () => {} });
    expect(failed).toContain("runs in two brokers of one process, and again after a stop");
  });
});

describe("a runner", () => {
  const original = process.env.VITEST;
  afterAll(() => {
    process.env.VITEST = original;
  });

  it("has to be given under vitest without globals", () => {
    expect(() => describePlugin("good", good)).toThrow('pass { describe, it } imported from "vitest"');
  });
});
