/**
 * The loads that mqload can put on a broker for the bars: name -> arguments, and the features that the broker needs for it.
 * `twice`: over in a second and without a warm-up of mqload's own, so that one run would be the compiler's. It runs
 * twice on the same broker; what it cost in memory is taken from the first, how fast it was from the second.
 */

const pubsub = (topology, publishers, subscribers, ...more) => ({
  args: ["-m", "pubsub", "-topo", topology, "-P", `${publishers}`, "-S", `${subscribers}`, ...more],
});
const pairs = (...more) => pubsub("pairs", 50, 50, ...more);
const fanIn = (...more) => pubsub("fanin", 50, 1, ...more);
const fanOut = (subscribers, ...more) => pubsub("fanout", 1, subscribers, ...more);
const sparse = (qos) => ({ args: ["-m", "rate", "-topo", "pairs", "-P", "500", "-S", "500", "-r", "5000", "-q", qos] });

/** Window of unacknowledged messages; what is not said here is mqload's own default. */
const WINDOW = ["-W", "20"];

/**
 * Both brokers queue 1,000 messages for a session by default, and drop what is beyond: 50 publishers have 16 each on the
 * way to one subscriber. mqload's own 40 would overflow the queue, and a broker that drops has less to do.
 */
const WITHIN_THE_QUEUE = ["-O", "16"];
/** For 100,000 messages to a session that is offline. */
const LONG_QUEUES = ["long queues"];

/** Loads that are held against each other stand next to each other: the machine changes its pace from minute to minute. */
export const loads = {
  "pairs-q0": pairs("-q", "0"),
  "pairs-q0-v5": { ...pairs("-q", "0", "-V", "5"), only: "gmqttd" },
  "pairs-q1": pairs("-q", "1", ...WINDOW),
  "pairs-q1-v5": { ...pairs("-q", "1", ...WINDOW, "-V", "5"), only: "gmqttd" },
  "pairs-q2": pairs("-q", "2", ...WINDOW),
  "fanin-q0": fanIn("-q", "0"),
  "fanin-q1": fanIn("-q", "1", ...WINDOW, ...WITHIN_THE_QUEUE),
  "fanin-q2": fanIn("-q", "2", ...WINDOW, ...WITHIN_THE_QUEUE),
  "fanout100-q0": fanOut(100, "-q", "0"),
  "fanout100-q0-v5": { ...fanOut(100, "-q", "0", "-V", "5"), only: "gmqttd" },
  "fanout100-q1": fanOut(100, "-q", "1", ...WINDOW),
  "fanout1000-q0": fanOut(1000, "-q", "0"),
  "pairs-16k": pairs("-q", "0", "-size", "16384"),
  "sparse-q0": sparse("0"),
  "sparse-q1": sparse("1"),
  "pairs-one": pairs("-q", "0", "-O", "1"),
  connect: { args: ["-m", "connect"] },
  latency: { args: ["-m", "rate", "-topo", "pairs", "-P", "1", "-S", "1", "-r", "10000", "-q", "0"] },
  idle: { args: ["-m", "idle", "-n", "10000"], only: "gmqttd" },
  subs: { args: ["-m", "subs", "-S", "100", "-K", "100000", "-P", "50"], only: "gmqttd", twice: true },
  retain: { args: ["-m", "retain", "-K", "100000"], only: "gmqttd", twice: true },
  offline: { args: ["-m", "offline", "-K", "100000"], only: "gmqttd", features: LONG_QUEUES, twice: true },
};
