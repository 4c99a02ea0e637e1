import { topicMatches } from "@gmqtt/packets";
import fc from "fast-check";
import { expect, test } from "vitest";
import { topicFilter, topicName } from "../../test/subscribers.ts";
import { TopicTree } from "./topic-tree.ts";

function matching(tree: TopicTree<string>, filter: string): string[] {
  const topics: string[] = [];
  tree.match(filter, (topic) => topics.push(topic));
  return topics.sort();
}

test("a filter finds what comparing it with every topic finds, after any coming and going [MQTT-4.7.2-1]", () => {
  const history = fc.array(fc.tuple(topicName, fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(history, fc.array(topicFilter, { minLength: 1, maxLength: 8 }), (steps, filters) => {
      const tree = new TopicTree<string>();
      const present = new Set<string>();
      for (const [topic, comes] of steps) {
        if (comes) tree.set(topic, topic);
        else tree.delete(topic);
        if (comes) present.add(topic);
        else present.delete(topic);
      }
      for (const filter of filters) {
        expect(matching(tree, filter)).toEqual([...present].filter((topic) => topicMatches(filter, topic)).sort());
      }
    }),
    { numRuns: 300 },
  );
});

test("deleting a topic leaves those above and below it", () => {
  const tree = new TopicTree<string>();
  for (const topic of ["a", "a/b", "a/b/c"]) tree.set(topic, topic);
  tree.delete("a/b");
  expect(matching(tree, "#")).toEqual(["a", "a/b/c"]);
  tree.delete("a/x/y");
  tree.delete("a/b/c");
  expect(matching(tree, "#")).toEqual(["a"]);
});
