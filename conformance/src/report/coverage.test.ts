/** The coverage check itself: it is content with what there is, and notices what is missing or unknown. */

import { expect, test } from "vitest";
import { allTests } from "../chapters/index.ts";
import { chapter } from "../runner/test-case.ts";
import { checkCoverage } from "./coverage.ts";

test("every statement that applies to a server has a test, and every test a statement", () => {
  expect(checkCoverage(allTests)).toEqual([]);
});

test("a statement without a test is noticed", () => {
  const without = allTests.filter(({ ids }) => !ids.includes("MQTT-6.0.0-4"));
  expect(checkCoverage(without).filter((complaint) => complaint.includes("MQTT-6.0.0-4 has no test"))).toHaveLength(2);
});

test("a test with an unknown id, or one of the other version, is noticed", () => {
  const wrong = chapter("none", (add) => add("does nothing", { v5: "9.9.9-9", v4: "1.5.4-1 G99-1" }, async () => {}));
  expect(checkCoverage([...allTests, ...wrong])).toEqual([
    "does nothing [MQTT-9.9.9-9] (5): MQTT-9.9.9-9 is unknown",
    "does nothing [MQTT-1.5.4-1] [GMQTT-99-1] (4): MQTT-1.5.4-1 is unknown",
    "does nothing [MQTT-1.5.4-1] [GMQTT-99-1] (4): GMQTT-99-1 is unknown",
  ]);
});

test("two tests of one name are noticed", () => {
  const twice = allTests.slice(0, 1);
  expect(checkCoverage([...allTests, ...twice])).toHaveLength(1);
});
