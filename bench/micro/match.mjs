/** router/: from a topic to its receivers, with 100,000 subscriptions around, three of ten with wildcards. */
import { Router } from "../../packages/broker/dist/router/router.js";
import { Subscription } from "../../packages/broker/dist/router/subscription.js";
import { filterAt, topicAt } from "../dist/load/subscriptions.js";

const SUBSCRIPTIONS = 100_000;
const COUNT = 512;

export function match() {
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0, subscriptionIdentifier: 0 };
  const subscriber = { clientId: "one", connected: true, hasRoom: true, deliver: () => {} };
  const router = new Router(() => false);
  for (let index = 0; index < SUBSCRIPTIONS; index++) {
    router.add(new Subscription(subscriber, { ...options, filter: filterAt(index) }));
  }
  const topics = Array.from({ length: SUBSCRIPTIONS }, (_, index) => topicAt((index * 7919) % SUBSCRIPTIONS));
  let at = 0;
  const route = (topic) => {
    if (router.route(topic).receivers.length !== 1) throw new Error(topic);
  };
  const changing = new Subscription(subscriber, { ...options, filter: "elsewhere/+" });
  return [
    {
      name: "a topic of some that are published again and again",
      count: COUNT,
      run: () => {
        for (let index = 0; index < COUNT; index++) route(topics[index]);
      },
    },
    {
      name: "one of 100,000 topics in turn",
      count: COUNT,
      run: () => {
        for (let index = 0; index < COUNT; index++) route(topics[at++ % SUBSCRIPTIONS]);
      },
    },
    {
      name: "a topic whose route is not known",
      count: COUNT,
      run: () => {
        router.forgetRoutes();
        for (let index = 0; index < COUNT; index++) route(topics[at++ % SUBSCRIPTIONS]);
      },
    },
    {
      name: "a subscription with a wildcard that comes and goes",
      count: 1,
      run: () => {
        router.add(changing);
        router.remove(changing);
      },
    },
  ];
}
