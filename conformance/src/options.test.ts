/** The command line: what a run means, and what it refuses rather than ignores. */

import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("without arguments gmqttd is tested in memory, with robustness", () => {
  expect(parseOptions([])).toMatchObject({
    broker: "gmqttd",
    store: "memory",
    tests: true,
    robustness: true,
    fuzz: 60,
    seed: 1,
  });
});

test.each([[["--grep", "x"]], [["--version", "5.0"]], [["--broker", "aedes"]], [["--target", "localhost:1883"]]])(
  "%j is looked at without robustness",
  (args) => {
    expect(parseOptions(args).robustness).toBe(false);
  },
);

test.each([
  [["--broker", "emqx"], /no broker emqx/],
  [["--store", "disk"], /no store disk/],
  [["--store", "redis", "--target", "localhost:1883"], /--store is about gmqttd/],
  [["--websocket", "localhost:80/"], /--websocket belongs to --target/],
  [["--version", "4"], /no version 4/],
  [["--check", "--grep", "x"], /need all tests/],
  [["--write", "--no-tests"], /need all tests/],
  [["--write", "--broker", "mosquitto"], /about gmqttd/],
  [["--no-tests", "--no-robustness"], /nothing is left/],
  [["--no-tests", "--broker", "mosquitto"], /robustness is of gmqttd/],
  [["--fuzz", "1m"], /--fuzz wants a whole number from 1, not 1m/],
  [["--seed", "0"], /--seed wants a whole number/],
  [["--sead", "1"], /--sead/],
])("%j is refused", (args, complaint) => {
  expect(() => parseOptions(args)).toThrow(complaint);
});
