/** What was promised: each bar says which load it looks at, which figure, and what that figure is held against. */

const CPU = "broker_cpu_us_per_msg";

/** mosquitto needs at least this many times as much. */
const timesLess = (load, limit) => ({ load, figure: CPU, kind: "times less", limit });
/** gmqttd needs at most this many times as much as mosquitto. */
const noMore = (load, limit, figure = CPU) => ({ load, figure, kind: "no more", limit });
/** One load of gmqttd against another of its own. */
const within = (load, base, limit) => ({ load, base, figure: CPU, kind: "own", limit });
const atMost = (load, figure, limit, unit) => ({ load, figure, kind: "at most", limit, unit });
const atLeast = (load, figure, limit, unit) => ({ load, figure, kind: "at least", limit, unit });

export const bars = [
  timesLess("pairs-q0", 11),
  timesLess("fanin-q0", 11),
  timesLess("fanout100-q0", 11),
  timesLess("fanout1000-q0", 9),
  timesLess("pairs-q1", 8),
  timesLess("fanin-q1", 8),
  timesLess("fanout100-q1", 6),
  timesLess("pairs-q2", 8),
  timesLess("fanin-q2", 8),
  within("pairs-q0-v5", "pairs-q0", 1.15),
  within("pairs-q1-v5", "pairs-q1", 1.15),
  within("fanout100-q0-v5", "fanout100-q0", 1.15),
  timesLess("pairs-16k", 1.8),
  noMore("sparse-q0", 1.1),
  noMore("sparse-q1", 1.1),
  noMore("pairs-one", 1.1),
  noMore("connect", 2),
  noMore("latency", 1, "lat_us.p99"),
  atMost("idle", "kb_per_conn", 12 * 1.024, "kB per connection"),
  atLeast("subs", "subs_per_s", 150_000, "subscriptions/s"),
  atMost("subs", "bytes_per_sub", 600, "bytes each"),
  atLeast("subs", "delivered_per_s", 250_000, "matched/s"),
  atLeast("retain", "retain_publish_per_s", 90_000, "stored/s"),
  atLeast("retain", "receive_per_s", 500_000, "replayed/s"),
  atLeast("offline", "queue_publish_per_s", 150_000, "queued/s"),
  atLeast("offline", "drain_per_s", 400_000, "drained/s"),
  atMost("offline", "bytes_per_queued", 400 + 64, "bytes each, payload of 64 included"),
];

const round = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/**
 * The verdict on a bar: `median(load, broker, figure)` answers undefined when that was not run. The answer is
 * undefined when something is missing.
 */
export function judge(bar, median) {
  const ours = median(bar.load, "gmqttd", bar.figure);
  const held = bar.kind === "own" ? median(bar.base, "gmqttd", bar.figure) : median(bar.load, "mosquitto", bar.figure);
  const row = (wanted, measured, met) => ({ bar: bar.load, wanted, measured, met });
  if (ours === undefined) return undefined;
  if (bar.kind === "at most") return row(`at most ${round(bar.limit)} ${bar.unit}`, round(ours), ours <= bar.limit);
  if (bar.kind === "at least") return row(`at least ${bar.limit} ${bar.unit}`, round(ours), ours >= bar.limit);
  if (held === undefined) return undefined;
  const times = bar.kind === "times less" ? held / ours : ours / held;
  const numbers = `${times.toFixed(2)} (${round(ours)} us to ${round(held)} us)`;
  if (bar.kind === "times less") return row(`${bar.limit} times less`, numbers, times >= bar.limit);
  const than = bar.kind === "own" ? `of ${bar.base}` : "of mosquitto's";
  return row(`at most ${bar.limit} ${than}`, numbers, times <= bar.limit);
}
