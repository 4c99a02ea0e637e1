import { expect, test } from "vitest";
import { DeliveryTimes } from "./delivery-times.ts";

function timesWith() {
  const state = { now: 100 };
  const heard: number[] = [];
  const times = new DeliveryTimes(() => state.now);
  const chosen = (count: number, arrivedAt = 150): boolean[] =>
    Array.from({ length: count }, () => times.choose({ arrivedAt }) !== null);
  return { chosen, heard, state, times };
}

test("nothing is timed unless somebody wants to know", () => {
  const { chosen, times } = timesWith();
  expect([times.active, chosen(3)]).toEqual([false, [false, false, false]]);
  times.delivered(0); // begun before the observer left
});

test("times the first message and then one of so many, until the observer is gone", () => {
  const { chosen, heard, state, times } = timesWith();
  times.observe(3, (milliseconds) => heard.push(milliseconds));
  expect([times.active, chosen(7)]).toEqual([true, [true, false, false, true, false, false, true]]);
  state.now = 250;
  times.delivered(150);
  expect(heard).toEqual([100]);
  times.observe(3, undefined);
  expect([times.active, chosen(4)]).toEqual([false, [false, false, false, false]]);
});

test("a message that arrived before somebody wanted to know is left out, and does not take the turn of the next", () => {
  const { chosen, times } = timesWith();
  times.observe(2, () => {});
  expect([chosen(1, 99), chosen(1, 100)]).toEqual([[false], [true]]);
});

test.each([0, -1, 1.5, Number.NaN])("one of %d messages can't be timed", (oneOf) => {
  expect(() => timesWith().times.observe(oneOf, () => {})).toThrow(RangeError);
});
