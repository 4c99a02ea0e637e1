/** The documentation and the dashboard say what is served. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declaredMetrics, GMQTT_METRICS, metricsPage } from "./metrics-page.ts";
import { startObserved } from "./observed-broker.ts";

describe("the names", () => {
  it("and labels of gmqtt are all there, unchanged", () => {
    const declared = Object.fromEntries(declaredMetrics().map(({ name, labels }) => [name, labels]));
    expect(declared).toMatchObject(GMQTT_METRICS);
  });

  it("and labels that are declared are those that are served", async () => {
    const { families } = await startObserved();
    const served = [...(await families()).values()].filter(({ name }) => name.startsWith("gmqtt_"));
    expect(served.map(({ name, type, help }) => ({ name, type, help }))).toEqual(
      declaredMetrics().map(({ name, type, help }) => ({ name, type, help })),
    );
    const labelsOf = Object.fromEntries(declaredMetrics().map(({ name, labels }) => [name, labels]));
    for (const { name, samples } of served) {
      for (const { labels } of samples.values()) {
        expect(Object.keys(labels).filter((label) => label !== "le")).toEqual(labelsOf[name]);
      }
    }
  });

  it("docs/metrics.md lists them (vitest -u writes it anew)", async () => {
    await expect(metricsPage()).toMatchFileSnapshot("../../../docs/metrics.md");
  });
});

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

describe("the dashboard", () => {
  const { panels } = JSON.parse(readFileSync(new URL("../grafana/dashboard.json", import.meta.url), "utf8")) as {
    panels: Panel[];
  };
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it("asks for nothing that is not served", async () => {
    const { families } = await startObserved();
    const served = new Set(
      [...(await families()).values()].flatMap(({ name, type }) =>
        type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    const asked = queries.flatMap((query) => query.match(/\b(?:gmqtt|process|nodejs)_[a-z0-9_]+/g) ?? []);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !served.has(name))).toEqual([]);
  });

  it("shows every metric of the broker", () => {
    const shown = queries.join(" ");
    const hidden = declaredMetrics().filter(
      ({ name }) => !new RegExp(`\\b${name}(?:_bucket|_sum|_count)?\\b`).test(shown),
    );
    expect(hidden.map(({ name }) => name)).toEqual(["gmqtt_sessions_expired_total", "gmqtt_messages_dropped_total"]);
  });

  it("has panels that do not lie on one another", () => {
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });
});
