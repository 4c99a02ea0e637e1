import { expect, test } from "vitest";
import { combineFilters, type DeliveryFilter } from "./delivery-filter.ts";

test("all filters have to agree, and the lowest QoS holds", () => {
  const one: DeliveryFilter = (clientId) => (clientId === "a" ? undefined : 2);
  const other: DeliveryFilter = (_clientId, topic) => (topic === "low" ? 0 : 1);
  const both = combineFilters([one, other]);
  expect([both?.("a", "t"), both?.("b", "t"), both?.("b", "low")]).toEqual([undefined, 1, 0]);
  expect(combineFilters([other, one])?.("a", "t")).toBeUndefined();
  expect([combineFilters([one]), combineFilters([])]).toEqual([one, null]);
});
