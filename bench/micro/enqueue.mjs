/** session/: a message that was routed to a session, whose client is there, busy or away. */
import { makeLink, makeMessage, makeSession } from "./session.mjs";

/** Fewer than a session queues. */
const COUNT = 512;

export function enqueue() {
  return [
    { name: "QoS 0 to a client that is there", count: COUNT, run: connected(0, 100) },
    { name: "QoS 1 into the queue behind a full window", count: COUNT, run: connected(1, 0) },
    {
      name: "QoS 1 to a session that is away",
      count: COUNT,
      run: () => {
        const { outgoing } = makeSession();
        for (let index = 0; index < COUNT; index++) outgoing.deliver(makeMessage(1), 1, false, undefined, undefined);
        if (outgoing.queueLength !== COUNT) throw new Error(`${outgoing.queueLength} queued`);
        outgoing.clear();
      },
    },
  ];
}

function connected(qos, window) {
  const message = makeMessage(qos);
  return () => {
    const { drops, outgoing } = makeSession();
    const { link, sent } = makeLink(window);
    outgoing.attach(link);
    for (let index = 0; index < COUNT; index++) outgoing.deliver(message, qos, false, undefined, undefined);
    if (drops.count > 0 || sent.count + outgoing.queueLength !== COUNT) throw new Error("not all were taken");
    outgoing.clear();
  };
}
