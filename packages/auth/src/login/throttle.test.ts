import { expect, test } from "vitest";
import { Throttle } from "./throttle.ts";

function throttle(entries = 100): { readonly one: Throttle; pass(milliseconds: number): void } {
  let now = 1_000;
  const options = { userFailures: 3, addressFailures: 5, wait: 1_000, maxWait: 8_000, forgetAfter: 60_000, entries };
  return {
    one: new Throttle(options, () => now),
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

test("after some failures of a user each further one doubles the wait, up to a limit", () => {
  const { one, pass } = throttle();
  const waits: number[] = [];
  for (let failure = 0; failure < 8; failure++) {
    one.failed(`192.0.2.${failure}`, "bob");
    waits.push(one.waitFor("198.51.100.1", "bob"));
    pass(waits.at(-1) as number);
    expect(one.waitFor("198.51.100.1", "bob")).toBe(0);
  }
  expect(waits).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000]);
});

test("an address is slowed down whatever names it tries, others are not", () => {
  const { one } = throttle();
  for (let failure = 0; failure < 6; failure++) one.failed("192.0.2.1", `user${failure}`);
  expect(one.waitFor("192.0.2.1", "somebody")).toBe(1_000);
  expect(one.waitFor("192.0.2.2", "somebody")).toBe(0);
});

test("addresses of one IPv6 network count as one, IPv4 behind IPv6 does not", () => {
  const { one } = throttle();
  for (let failure = 0; failure < 6; failure++) one.failed(`2001:db8:1:2::${failure}`, "");
  expect(one.waitFor("2001:db8:1:2:ffff:ffff:ffff:ffff", "")).toBe(1_000);
  expect(one.waitFor("2001:db8:1:3::1", "")).toBe(0);
  for (let failure = 0; failure < 6; failure++) one.failed("::ffff:192.0.2.1", "");
  expect(one.waitFor("::ffff:192.0.2.2", "")).toBe(0);
});

test("all is forgotten after a time without failures", () => {
  const { one, pass } = throttle();
  for (let failure = 0; failure < 9; failure++) one.failed("192.0.2.1", "bob");
  expect(one.waitFor("192.0.2.1", "bob")).toBe(8_000);
  pass(60_000);
  one.failed("192.0.2.1", "bob");
  expect(one.waitFor("192.0.2.1", "bob")).toBe(0);
});

test("who guesses a user's password does not lock him out where he comes from", () => {
  const { one } = throttle();
  one.succeeded("192.0.2.1", "bob");
  for (let failure = 0; failure < 9; failure++) one.failed("198.51.100.1", "bob");
  expect(one.waitFor("198.51.100.1", "bob")).toBe(8_000);
  expect(one.waitFor("192.0.2.1", "bob")).toBe(0);
  // One wrong guess from there, and he is as others are.
  one.failed("192.0.2.1", "bob");
  expect(one.waitFor("192.0.2.1", "bob")).toBe(8_000);
});

test("an account of the guesser's own buys him no guesses", () => {
  const { one } = throttle();
  for (let failure = 0; failure < 6; failure++) {
    one.failed("192.0.2.1", `victim${failure}`);
    one.succeeded("192.0.2.1", "guesser");
  }
  expect(one.waitFor("192.0.2.1", "victim9")).toBe(1_000);
});

test("sockets without an address are nobody's address", () => {
  const { one } = throttle();
  for (let failure = 0; failure < 9; failure++) one.failed("", `user${failure}`);
  expect(one.waitFor("", "bob")).toBe(0);
});

test("remembers no more than it may, however many names and addresses there are", () => {
  const { one } = throttle(10);
  for (let index = 0; index < 1_000; index++) {
    one.failed(`192.0.2.${index % 250}`, `user${index}`);
    one.succeeded(`192.0.2.${index % 250}`, `other${index}`);
  }
  expect(one.size).toBeLessThanOrEqual(30);
});
