import { describe, expect, it } from "vitest";
import type { Outcome } from "../run/compare.ts";
import { workloads } from "../workloads.ts";
import { drawChart } from "./chart.ts";
import { picturesOf } from "./charts.ts";
import { milliseconds, plain, times } from "./number.ts";
import { insert } from "./page.ts";
import { tablesOf } from "./tables.ts";

function outcome(name: string, figures: Record<string, Record<string, number>>, faults = {}): Outcome {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(name);
  const results = new Map(Object.entries(figures).map(([broker, own]) => [broker, { figures: own, faults }]));
  return { workload, results, failures: new Map() };
}

const PAIRS = outcome("pairs-q0", {
  gmqttd: { cpuMicros: 0.5, perSecond: 1_234_567 },
  mosquitto: { cpuMicros: 6 },
});

describe("numbers", () => {
  it("have three digits that matter", () => {
    expect([0.0123, 0.5, 12.34, 1234.5, 1_234_567, 0].map(plain)).toEqual([
      "0.012",
      "0.500",
      "12.3",
      "1,230",
      "1,230,000",
      "0",
    ]);
    expect([times(0.5, 6), times(0, 6), times(undefined, 6), milliseconds(1500), milliseconds(undefined)]).toEqual([
      "12.0",
      "",
      "",
      "1.50",
      "",
    ]);
  });
});

describe("tables", () => {
  it("hold others against gmqttd, and leave empty what was not measured", () => {
    const text = tablesOf([PAIRS], ["gmqttd", "mosquitto", "aedes"]);
    expect(text).toContain("| mosquitto / gmqttd | aedes / gmqttd |");
    expect(text).toContain("| 50 pairs, QoS 0 | 0.500 | 6.00 |  | 12.0 |  | 2,000,000 |");
    expect(text).toContain("Nothing was lost");
  });

  it("tell each section's own figures", () => {
    const latency = outcome("rate-q0", { gmqttd: { cpuMicros: 1, p50: 40, p99: 100, p999: 200, max: 5000 } });
    const idle = outcome("idle", { gmqttd: { bytesEach: 4096 } });
    const text = tablesOf([latency, idle], ["gmqttd"]);
    expect(text).toContain("| gmqttd | 0.040 | 0.100 | 0.200 | 5.00 |");
    expect(text).toContain("subscription each: bytes each | 4,100 |");
    expect(text).not.toContain("per delivered message");
  });

  it("say where the event loop paused longest", () => {
    const of = (name: string, pause: number): Outcome => outcome(name, { gmqttd: { cpuMicros: 1, pause } });
    expect(tablesOf([of("pairs-q1", 12), of("pairs-q2", 31.4)], ["gmqttd"])).toContain("was 31.4 ms: 50 pairs, QoS 2.");
    expect(tablesOf([PAIRS], ["gmqttd"])).not.toContain("pause");
  });

  it("say what was lost, and which runs failed", () => {
    const lossy = outcome("pairs-q0", { mosquitto: { cpuMicros: 6 } }, { lost: 12, closed: 0 });
    const failed: Outcome = { ...PAIRS, failures: new Map([["aedes", "ended\nwith a stack"]]) };
    const text = tablesOf([lossy, failed], ["gmqttd", "mosquitto", "aedes"]);
    expect(text).toContain("- mosquitto, 50 pairs, QoS 0: lost 12.0");
    expect(text).toContain("- aedes, 50 pairs, QoS 0: ended\n".trimEnd());
    expect(text).not.toContain("stack");
  });
});

describe("charts", () => {
  const chart = {
    title: "a < b",
    note: "",
    groups: [
      {
        label: "one",
        bars: [
          { name: "x", value: 10 },
          { name: "y", value: 5 },
        ],
      },
    ],
    names: ["x", "y"],
    logarithmic: false,
    format: String,
  };
  const widths = (svg: string): number[] =>
    [...svg.matchAll(/<rect x="390" y="[\d.]+" width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it("draw bars as long as their values", () => {
    const [first, second] = widths(drawChart(chart)) as [number, number];
    expect(first / second).toBeCloseTo(2);
    expect(drawChart(chart)).toContain("a &lt; b");
  });

  it("draw equal ratios as equal lengths on a logarithmic scale", () => {
    const values = [1, 10, 100].map((value) => ({ name: "x", value }));
    const svg = drawChart({ ...chart, logarithmic: true, groups: [{ label: "one", bars: values }] });
    const [a, b, c] = widths(svg) as [number, number, number];
    expect(c - b).toBeCloseTo(b - a, 0);
  });

  it("are drawn of what there are figures for", () => {
    expect(picturesOf([PAIRS], ["gmqttd", "mosquitto"]).map(({ file }) => file)).toEqual(["cpu.svg"]);
  });

  it("show the main workloads when there are many", () => {
    const all = workloads.filter(({ section }) => section === "messages");
    const outcomes = all.map(({ name }) => outcome(name, { gmqttd: { cpuMicros: 1 } }));
    const svg = picturesOf(outcomes, ["gmqttd"])[0]?.svg ?? "";
    expect(all.filter(({ title }) => svg.includes(`>${title}<`))).toEqual(all.filter(({ quick }) => quick));
  });
});

describe("the page", () => {
  it("keeps what people wrote around the generated part", () => {
    const page = "before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n";
    expect(insert(page, "new")).toBe("before\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nafter\n");
    expect(insert("# Page\n", "new")).toMatch(/^# Page\n\n<!-- bench: begin -->/);
  });
});
