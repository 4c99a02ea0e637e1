/** Horizontal bars as SVG, in groups: one group to a workload, one bar to a broker. */

/** Bars that belong together. */
export interface BarGroup {
  readonly label: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
}

export interface BarChart {
  readonly title: string;
  /** Behind the numbers, and in the line below the title. */
  readonly note: string;
  readonly groups: readonly BarGroup[];
  /** Names of the bars, in the order of their colours. */
  readonly names: readonly string[];
  /** Whether the scale is logarithmic. */
  readonly logarithmic: boolean;
  readonly format: (value: number) => string;
}

const COLOURS = ["#0b7a75", "#d97706", "#7c5cbf", "#be3455", "#4a6fa5"] as const;
const WIDTH = 940;
const LABELS = 390;
const NUMBERS = 70;
const BAR = 13;
const BETWEEN = 12;
const TOP = 84;

export function drawChart(chart: BarChart): string {
  const { groups, names, note, title } = chart;
  const scale = scaleOf(chart);
  let y = TOP;
  const parts: string[] = [];
  for (const group of groups) {
    const height = group.bars.length * BAR;
    parts.push(text(LABELS - 10, y + height / 2 + 4, group.label, "end"));
    for (const { name, value } of group.bars) {
      const width = Math.max(1, scale(value));
      const colour = COLOURS[names.indexOf(name) % COLOURS.length];
      parts.push(`<rect x="${LABELS}" y="${y + 1}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`);
      parts.push(text(LABELS + width + 5, y + BAR - 3, chart.format(value), "start", "n"));
      y += BAR;
    }
    y += BETWEEN;
  }
  const height = y + 4;
  const axis = `<path d="M${LABELS} ${TOP - 6}V${height - BETWEEN}" stroke="#8a8f98"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeText(title)}">
<style>text{font:12px 'DejaVu Sans',Verdana,sans-serif;fill:#24292f}.t{font-size:15px;font-weight:bold}.n{font-size:11px;fill:#57606a}</style>
<rect width="100%" height="100%" rx="6" fill="#ffffff" stroke="#d0d7de"/>
${text(16, 26, title, "start", "t")}
${text(16, 46, note, "start", "n")}
${legend(names)}
${axis}
${parts.join("\n")}
</svg>
`;
}

/** From a value to the length of its bar. */
function scaleOf({ groups, logarithmic }: BarChart): (value: number) => number {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter((value) => value > 0);
  const room = WIDTH - LABELS - NUMBERS;
  const most = Math.max(...values, Number.MIN_VALUE);
  if (!logarithmic) return (value) => (value / most) * room;
  // A bar begins a little below the smallest value, so that the smallest one is seen.
  const least = Math.min(...values) / 1.5;
  const decades = Math.log10(most / least);
  return (value) => (value <= least ? 0 : (Math.log10(value / least) / decades) * room);
}

function legend(names: readonly string[]): string {
  let x = 16;
  return names
    .map((name, index) => {
      const part = `<rect x="${x}" y="57" width="11" height="11" fill="${COLOURS[index % COLOURS.length]}"/>${text(x + 16, 67, name)}`;
      x += 34 + name.length * 8;
      return part;
    })
    .join("");
}

function text(x: number, y: number, content: string, anchor = "start", kind = ""): string {
  const style = kind === "" ? "" : ` class="${kind}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${style}>${escapeText(content)}</text>`;
}

function escapeText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
