/** Panels as SVG: lines, stacks and single numbers, in the grid that Grafana uses. */

const COLUMN = 62;
const ROW = 30;
const GAP = 6;
const COLOURS = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#fade2a", "#96d98d"];
const PREFIXES = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** All panels on one page. `range`: seconds since 1970. */
export function drawPage(panels, range) {
  const height = Math.max(...panels.map(({ gridPos: { h, y } }) => y + h)) * ROW + GAP;
  const width = 24 * COLUMN + GAP;
  const style =
    "text{font-family:'DejaVu Sans',sans-serif;fill:#ccccdc;font-size:11px}.t{font-size:12px;font-weight:bold}";
  const body = panels.map((panel) => drawPanel(panel, range)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${style}</style><rect width="100%" height="100%" fill="#111217"/>
${body}
</svg>
`;
}

function drawPanel(panel, range) {
  const { gridPos, title, type } = panel;
  const box = { w: gridPos.w * COLUMN - GAP, h: gridPos.h * ROW - GAP };
  const inner = { row: () => "", stat: drawStat, timeseries: drawSeries }[type](panel, box, range);
  const frame =
    type === "row" ? "" : `<rect width="${box.w}" height="${box.h}" rx="2" fill="#181b1f" stroke="#2c3036"/>`;
  const place = `translate(${gridPos.x * COLUMN + GAP},${gridPos.y * ROW + GAP})`;
  return `<g transform="${place}">${frame}<text class="t" x="8" y="17">${escapeText(title)}</text>${inner}</g>`;
}

function drawStat({ fieldConfig, lines, options }, box) {
  const { mappings, unit } = fieldConfig.defaults;
  const [line] = lines;
  const last = line?.points.at(-1)?.[1];
  const mapped = mappings[0]?.options[String(last)]?.text;
  const text =
    options.textMode === "name" ? line?.name : (mapped ?? (last === undefined ? "no data" : format(last, unit)));
  const y = box.h / 2 + 20;
  return `<text x="${box.w / 2}" y="${y}" text-anchor="middle" style="font-size:28px;fill:#73bf69">${escapeText(text)}</text>`;
}

function drawSeries({ fieldConfig, lines }, box, { end, start }) {
  const { custom, unit } = fieldConfig.defaults;
  const area = { x: 58, y: 28, w: box.w - 70, h: box.h - 78 };
  const shown = custom.stacking.mode === "normal" ? stacked(lines) : lines;
  const { step, top } = scale(Math.max(0, ...shown.flatMap(({ points }) => points.map(([, value]) => value))));
  const x = (time) => (area.x + ((time - start) / (end - start)) * area.w).toFixed(1);
  const y = (value) => (area.y + area.h - (value / top) * area.h).toFixed(1);
  const parts = [];
  for (let tick = 0; tick <= top * 1.0001; tick += step) {
    parts.push(`<path d="M${area.x} ${y(tick)}H${area.x + area.w}" stroke="#2c3036"/>`);
    parts.push(`<text x="${area.x - 6}" y="${Number(y(tick)) + 4}" text-anchor="end">${format(tick, unit)}</text>`);
  }
  for (let minute = Math.ceil(start / 60) * 60; minute <= end; minute += 60) {
    const label = new Date(minute * 1000).toISOString().slice(11, 16);
    parts.push(`<text x="${x(minute)}" y="${area.y + area.h + 15}" text-anchor="middle">${label}</text>`);
  }
  for (const [index, { points }] of shown.entries()) {
    if (points.length === 0) continue;
    const path = points.map(([time, value], at) => `${at === 0 ? "M" : "L"}${x(time)} ${y(value)}`).join("");
    const colour = COLOURS[index % COLOURS.length];
    const ground = `L${x(points.at(-1)[0])} ${y(0)}L${x(points[0][0])} ${y(0)}Z`;
    parts.push(`<path d="${path}${ground}" fill="${colour}" fill-opacity="${custom.fillOpacity / 200}"/>`);
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.3"/>`);
  }
  if (lines.length === 0) parts.push(`<text x="${box.w / 2}" y="${box.h / 2}" text-anchor="middle">no data</text>`);
  return parts.join("") + legend(lines, box);
}

/** Names in lines of their own width; what does not fit in two lines is left out and said so. */
function legend(lines, box) {
  const parts = [];
  let [x, y] = [10, box.h - 24];
  for (const [index, { name }] of lines.entries()) {
    const width = 24 + name.length * 7.2;
    if (x + width > box.w) {
      if (y > box.h - 20) return `${parts.join("")}<text x="${x}" y="${y}">...</text>`;
      [x, y] = [10, y + 15];
    }
    parts.push(`<rect x="${x}" y="${y - 5}" width="12" height="3" fill="${COLOURS[index % COLOURS.length]}"/>`);
    parts.push(`<text x="${x + 16}" y="${y}">${escapeText(name)}</text>`);
    x += width;
  }
  return parts.join("");
}

/** Each line on the sum of those before it. */
function stacked(lines) {
  const sums = new Map();
  return lines.map((line) => ({
    ...line,
    points: line.points.map(([time, value]) => {
      const sum = (sums.get(time) ?? 0) + value;
      sums.set(time, sum);
      return [time, sum];
    }),
  }));
}

/** Four or five steps of 1, 2 or 5. */
function scale(highest) {
  if (highest === 0) return { step: 1, top: 1 };
  const raw = highest / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  return { step, top: Math.ceil(highest / step) * step };
}

function format(value, unit) {
  if (unit === "s")
    return value >= 1
      ? `${round(value)} s`
      : value >= 1e-3 || value === 0
        ? `${round(value * 1e3)} ms`
        : `${round(value * 1e6)} µs`;
  if (unit === "percentunit") return `${round(value * 100)}%`;
  const [factor, prefix] = PREFIXES.find(([from]) => value >= from) ?? [1, ""];
  return `${round(value / factor)} ${prefix}${{ Bps: "B/s", bytes: "B", cps: "/s", pps: "/s" }[unit] ?? ""}`.trimEnd();
}

function round(value) {
  return String(Number(value.toPrecision(3)));
}

function escapeText(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
