/** session/ and its inflight window: a message is sent, its acknowledgement comes. */
import { makeLink, makeMessage, makeSession } from "./session.mjs";

const COUNT = 500;
const WINDOW = 100;

export function acknowledge() {
  return [
    { name: "QoS 1: delivery and PUBACK", count: COUNT, run: exchanges(1, (outgoing, id) => outgoing.puback(id)) },
    {
      name: "QoS 2: delivery, PUBREC and PUBCOMP",
      count: COUNT,
      run: exchanges(2, (outgoing, id) => outgoing.pubrec(id) && outgoing.pubcomp(id)),
    },
    {
      name: "QoS 1: PUBACK that lets one more out of the queue",
      count: COUNT,
      run: () => {
        const { outgoing } = makeSession();
        const { link, sent } = makeLink(WINDOW);
        outgoing.attach(link);
        const message = makeMessage(1);
        for (let index = 0; index < COUNT; index++) outgoing.deliver(message, 1, false, undefined, undefined);
        for (let index = 0; index < COUNT; index++) outgoing.puback(sent.ids[index]);
        if (outgoing.inflightLength + outgoing.queueLength !== 0) throw new Error("not all were acknowledged");
      },
    },
  ];
}

/** Windows full of messages, acknowledged in the order in which they were sent. */
function exchanges(qos, settle) {
  const message = makeMessage(qos);
  return () => {
    const { outgoing } = makeSession();
    const { link, sent } = makeLink(WINDOW);
    outgoing.attach(link);
    for (let round = 0; round < COUNT / WINDOW; round++) {
      sent.ids.length = 0;
      for (let index = 0; index < WINDOW; index++) outgoing.deliver(message, qos, false, undefined, undefined);
      for (let index = 0; index < WINDOW; index++) {
        if (!settle(outgoing, sent.ids[index])) throw new Error("an acknowledgement was not taken");
      }
    }
  };
}
