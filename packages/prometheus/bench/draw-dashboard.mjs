/**
 * Draws grafana/dashboard.json without Grafana: asks a Prometheus the same queries over the last minutes and writes an SVG.
 *   node bench/draw-dashboard.mjs --prometheus http://127.0.0.1:9090 --minutes 5 > dashboard.svg
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { drawPage } from "./chart.mjs";

const { values } = parseArgs({
  options: {
    prometheus: { type: "string", default: "http://127.0.0.1:9090" },
    minutes: { type: "string", default: "5" },
    /** How many minutes ago they ended. */
    ago: { type: "string", default: "0" },
    /** What $__rate_interval stands for; four scrapes are enough. */
    rate: { type: "string", default: "15s" },
  },
});

const { panels } = JSON.parse(readFileSync(new URL("../grafana/dashboard.json", import.meta.url), "utf8"));
const end = Math.floor(Date.now() / 1000 - Number(values.ago) * 60);
const start = end - Math.round(Number(values.minutes) * 60);
const step = Math.max(1, Math.round((end - start) / 150));

const drawn = [];
for (const panel of panels) {
  const lines = [];
  for (const { expr, legendFormat } of panel.targets ?? []) lines.push(...(await ask(expr, legendFormat)));
  drawn.push({ ...panel, lines });
}
process.stdout.write(drawPage(drawn, { start, end }));

/** The lines of a query: name and points [seconds, value]. */
async function ask(expr, legend) {
  const query = expr.replaceAll("$__rate_interval", values.rate).replaceAll(/\$(job|instance)\b/g, ".*");
  const parameters = new URLSearchParams({ query, start, end, step });
  const response = await fetch(`${values.prometheus}/api/v1/query_range?${parameters}`);
  const { data, error } = await response.json();
  if (error !== undefined) throw new Error(`${query}: ${error}`);
  return data.result.map(({ metric, values: points }) => ({
    name: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? ""),
    points: points.map(([time, value]) => [time, Number(value)]).filter(([, value]) => Number.isFinite(value)),
  }));
}
