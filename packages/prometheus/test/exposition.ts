/** Reads a scrape as strictly as the text format (version 0.0.4) is written, and fails on anything that bends it. */

/** A metric with all its lines. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** By the line's text in front of the value, for example `gmqtt_messages_sent_total{qos="1"}`. */
  readonly samples: ReadonlyMap<string, Sample>;
}

/** One line. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf|Nan))$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)/y;

/** The metrics of a scrape, in its order. Throws at the first line that is wrong. */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, Family>();
  let current: { name: string; help: string; type: string; samples: Map<string, Sample> } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    const help = HELP.exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      if (families.has(name)) throw new Error(`${name} stands twice`);
      current = { name, help: words, type: "", samples: new Map() };
      families.set(name, current);
      continue;
    }
    if (current === undefined) throw new Error(`before any HELP: ${line}`);
    const type = TYPE.exec(line);
    if (type !== null) {
      if (type[1] !== current.name || current.type !== "") throw new Error(`out of place: ${line}`);
      current.type = type[2] ?? "";
      continue;
    }
    const sample = readSample(line);
    if (current.type === "" || !belongs(sample.name, current)) throw new Error(`out of place: ${line}`);
    const series = line.slice(0, line.lastIndexOf(" "));
    if (current.samples.has(series)) throw new Error(`stands twice: ${series}`);
    current.samples.set(series, sample);
  }
  for (const family of families.values()) if (family.type === "histogram") checkHistogram(family);
  return families;
}

function readSample(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = "", inBraces, value = ""] = match;
  return { name, labels: inBraces === undefined ? {} : readLabels(inBraces, line), value: numberOf(value) };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const label = LABEL.exec(text);
    if (label === null) throw new Error(`no labels: ${line}`);
    const [, name = "", value = ""] = label;
    if (name in labels) throw new Error(`label ${name} stands twice: ${line}`);
    labels[name] = value;
  }
  return labels;
}

function numberOf(text: string): number {
  if (text === "Nan") return Number.NaN;
  return Number(text.replace("Inf", "Infinity"));
}

function belongs(sample: string, { name, type }: Pick<Family, "name" | "type">): boolean {
  const suffixes = { histogram: ["_bucket", "_sum", "_count"], summary: ["", "_sum", "_count"] }[type] ?? [""];
  return suffixes.some((suffix) => sample === `${name}${suffix}`);
}

/** Buckets only grow, the last one is +Inf and equals the count. */
function checkHistogram({ name, samples }: Family): void {
  const last = new Map<string, { le: number; value: number }>();
  for (const { name: line, labels, value } of samples.values()) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const before = last.get(key);
    if (line === `${name}_bucket`) {
      const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
      if (before !== undefined && (bound <= before.le || value < before.value)) throw new Error(`${name}: le=${le}`);
      last.set(key, { le: bound, value });
    } else if (line === `${name}_count` && (before?.le !== Number.POSITIVE_INFINITY || before.value !== value)) {
      throw new Error(`${name}: count ${value} is not that of +Inf`);
    }
  }
}
