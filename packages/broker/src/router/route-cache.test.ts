import { TopicTable } from "@gmqtt/packets";
import { describe, expect, test } from "vitest";
import { Receivers, type Route } from "./route.ts";
import { RouteCache } from "./route-cache.ts";

const GENERATION = 128 * 1024;

const routeOf = (): Route => new Receivers([], []);

function filled(cache: RouteCache, from: number, count: number): void {
  for (let index = from; index < from + count; index++) cache.set(`t${index}`, routeOf());
}

describe("RouteCache", () => {
  test("gives back the route of a topic until it is deleted or all are forgotten", () => {
    const cache = new RouteCache(new TopicTable());
    const [a, b] = [routeOf(), routeOf()];
    cache.set("a", a);
    cache.set("b", b);
    expect([cache.get("a"), cache.get("b"), cache.get("a"), cache.get("c")]).toEqual([a, b, a, undefined]);
    expect(cache.get("a")).toBe(a);
    cache.delete("a");
    expect([cache.get("a"), cache.get("b")]).toEqual([undefined, b]);
    cache.clear();
    expect(cache.get("b")).toBeUndefined();
  });

  test("finds the route of a topic that was just decoded beside its name, until it is deleted or all are forgotten", () => {
    const topics = new TopicTable<Route>();
    const cache = new RouteCache(topics);
    const decoded = (topic: string): string => topics.lookup(Buffer.from(topic), 0, topic.length);
    const [a, b] = [routeOf(), routeOf()];
    cache.set("b", b); // of a message that nobody sent
    cache.set(decoded("a"), a);
    expect(topics.noted("a")).toBe(a);
    expect([cache.get(decoded("b")), topics.noted("b")]).toEqual([b, b]);
    for (const topic of ["a", "b", "a"]) expect(cache.get(decoded(topic))).toBe(topic === "a" ? a : b);
    cache.delete("b");
    expect([cache.get(decoded("b")), cache.get(decoded("a")), topics.noted("a")]).toEqual([undefined, a, a]);
    cache.clear();
    expect(cache.get(decoded("a"))).toBeUndefined();
  });

  test("forgets what was not asked for while a generation filled up, and nothing else", () => {
    const cache = new RouteCache(new TopicTable());
    const [asked, other] = [routeOf(), routeOf()];
    cache.set("asked", asked);
    cache.set("other", other);
    filled(cache, 0, GENERATION);
    expect(cache.get("asked")).toBe(asked);
    filled(cache, GENERATION, GENERATION);
    expect([cache.get("asked"), cache.get("other")]).toEqual([asked, undefined]);
  });

  test("keeps no long topic but the last one, so that nobody fills the memory with them", () => {
    const cache = new RouteCache(new TopicTable());
    const [long, other] = ["x".repeat(129), "y".repeat(128)];
    const route = routeOf();
    cache.set(other, route);
    cache.set(long, route);
    expect(cache.get(long)).toBe(route);
    expect([cache.get(other), cache.get(long)]).toEqual([route, undefined]);
  });

  test("a generation of long topics is full with fewer of them: eight million characters", () => {
    const cache = new RouteCache(new TopicTable());
    const other = routeOf();
    cache.set("other", other);
    const fill = (name: string): void => {
      for (let index = 0; index < 65_536; index++) cache.set(`${name}${index}`.padEnd(128, "x"), routeOf());
    };
    fill("a");
    expect(cache.get("a0".padEnd(128, "x"))).toBeDefined();
    fill("b");
    fill("c");
    expect([cache.get("other"), cache.get("a0".padEnd(128, "x"))]).toEqual([undefined, undefined]);
  });

  test("deletes and forgets what has grown old as well", () => {
    const cache = new RouteCache(new TopicTable());
    cache.set("a", routeOf());
    cache.set("b", routeOf());
    filled(cache, 0, GENERATION);
    cache.delete("a");
    expect(cache.get("a")).toBeUndefined();
    cache.clear();
    expect(cache.get("b")).toBeUndefined();
  });
});
