import { describe, expect, it } from "vitest";
import { brokerFromCommand } from "../brokers/command.ts";
import { workloads } from "../workloads.ts";
import { readOptions } from "./options.ts";

describe("the command line", () => {
  it("runs everything five times by default", () => {
    expect(readOptions([])).toMatchObject({ repeat: 5, brokers: ["gmqttd", "mosquitto", "aedes"], out: undefined });
    expect(readOptions([])?.workloads).toEqual(workloads);
  });

  it("shortens and thins out with --quick", () => {
    const options = readOptions(["--quick"]);
    expect(options?.repeat).toBe(1);
    expect(options?.workloads.map(({ name }) => name)).toEqual(
      workloads.filter((one) => one.quick).map(({ name }) => name),
    );
    expect(options?.workloads[0]?.load).toMatchObject({ warmup: 1, seconds: 1 });
  });

  it("takes other times, and a command to put in front", () => {
    const options = readOptions(["--seconds", "7", "--with", "chrt -f 1"]);
    expect(options?.workloads[0]?.load).toMatchObject({ warmup: 2, seconds: 7 });
    expect(options?.workloads.find(({ name }) => name === "idle")).toBe(workloads.find(({ name }) => name === "idle"));
    expect(options?.prefix).toEqual(["chrt", "-f", "1"]);
    expect(() => readOptions(["--seconds", "no"])).toThrow(/--seconds/);
  });

  it("takes the workloads that are named, in that order", () => {
    expect(readOptions(["--workloads", "idle,pairs-q0"])?.workloads.map(({ name }) => name)).toEqual([
      "idle",
      "pairs-q0",
    ]);
    expect(() => readOptions(["--workloads", "pairs-q9"])).toThrow(/pairs-q9.*pairs-q0/);
  });

  it("answers nothing when help is wanted, and refuses what it does not know", () => {
    expect(readOptions(["--help"])).toBeUndefined();
    expect(() => readOptions(["--fast"])).toThrow(/--fast/);
    expect(() => readOptions(["--repeat", "0"])).toThrow(/--repeat/);
  });

  it("takes brokers by their command lines, which must say where the port goes", () => {
    expect(brokerFromCommand("mochi=/opt/mochi -p {port}").name).toBe("mochi");
    expect(() => brokerFromCommand("mochi=/opt/mochi")).toThrow(/\{port\}/);
  });
});

describe("the workloads", () => {
  it("have names of their own", () => {
    expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
  });
});
