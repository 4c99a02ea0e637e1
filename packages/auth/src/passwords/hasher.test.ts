import { afterAll, describe, expect, test } from "vitest";
import { HashPool, HashRefusal } from "./hash-pool.ts";
import { Hasher, type NewHash } from "./hasher.ts";
import { parseMarked, parseStored, type StoredPassword } from "./stored-password.ts";

const pool = new HashPool(1, 100);
afterAll(() => pool.close());

function hasherFor(newHash: NewHash): Hasher {
  return new Hasher(pool, { newHash, argon2: { memory: 1024, iterations: 1, parallelism: 1 }, bcryptCost: 4 });
}

const hasher = hasherFor("argon2id");
const always = (): boolean => true;
const check = (stored: StoredPassword | undefined, password: string): Promise<boolean> =>
  hasher.verify(stored as StoredPassword, Buffer.from(password), always);

describe("verify", () => {
  // md5 and sha256 of "hello" are in every textbook.
  test.each([
    ["plain", parseStored("hello", "plain")],
    ["md5", parseStored("5d41402abc4b2a76b9719d911017c592", "md5")],
    ["sha256", parseStored("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "sha256")],
  ])("knows a right %s password from wrong ones", async (_, stored) => {
    expect(await check(stored, "hello")).toBe(true);
    for (const wrong of ["", "Hello", "hello ", "hell"]) expect(await check(stored, wrong)).toBe(false);
  });

  test.each(["argon2id", "bcrypt", "pbkdf2"] as const)("knows what it made itself with %s", async (newHash) => {
    const text = await hasherFor(newHash).hash(Buffer.from("hello"));
    const stored = parseMarked(text);
    expect(await check(stored, "hello")).toBe(true);
    expect(await check(stored, "hello!")).toBe(false);
    expect(await hasherFor(newHash).hash(Buffer.from("hello"))).not.toBe(text); // salted
  });

  test("takes passwords as bytes, not as text", async () => {
    const stored = parseMarked(await hasher.hash(Buffer.from([0xff, 0x00, 0xfe]))) as StoredPassword;
    expect(await hasher.verify(stored, Buffer.from([0xff, 0x00, 0xfe]), always)).toBe(true);
    expect(await hasher.verify(stored, Buffer.from([0xff, 0x00, 0xfd]), always)).toBe(false);
  });

  // Made by the hashSync of @node-rs/argon2: "x" with 19 MiB and two passes.
  test("knows an argon2id hash made elsewhere", async () => {
    const text = "$argon2id$v=19$m=19456,t=2,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI";
    expect(await check(parseMarked(text), "x")).toBe(true);
    expect(await check(parseMarked(text), "y")).toBe(false);
  });

  test("no password fits a decoy", async () => {
    expect(await check(hasher.decoy(), "")).toBe(false);
  });
});

test("a password that bcrypt would cut off is refused", async () => {
  await expect(hasherFor("bcrypt").hash(Buffer.alloc(73, "x"))).rejects.toThrow("73 bytes exceeds the 72");
});

test.each([
  ["plain, md5, sha256 and $6$ are", parseStored("x", "plain"), true],
  ["mosquitto's 101 iterations are", parseMarked("$7$101$aGVsbG8=$aGVsbG8="), true],
  ["210,000 iterations are not", parseMarked("$7$210000$aGVsbG8=$aGVsbG8="), false],
  ["bcrypt at the configured cost is not", parseMarked(`$2b$04$${"a".repeat(53)}`), false],
  [
    "argon2id with less than configured is",
    parseMarked("$argon2id$v=19$m=512,t=1,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI"),
    true,
  ],
  [
    "argon2i",
    parseMarked("$argon2i$v=19$m=19456,t=2,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI"),
    true,
  ],
  [
    "argon2id with more than configured is not",
    parseMarked("$argon2id$v=19$m=19456,t=2,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI"),
    false,
  ],
])("old hashes: %s", (_, stored, old) => {
  expect(hasher.isOld(stored as StoredPassword)).toBe(old);
});

describe("the pool", () => {
  const slow = {
    name: "pbkdf2",
    password: Buffer.from("x"),
    salt: Buffer.from("y"),
    iterations: 200_000,
    length: 64,
  } as const;

  test("keeps the event loop free while it computes", async () => {
    const own = new HashPool(1, 10);
    let turns = 0;
    let done = false;
    const computed = own.run({ ...slow, iterations: 50_000 }).finally(() => {
      done = true;
    });
    while (!done) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await computed;
    await own.close();
    expect(turns).toBeGreaterThan(10);
  });

  test("refuses what exceeds its queue, drops what nobody wants, and rejects what waits when it closes", async () => {
    const own = new HashPool(1, 2);
    let wanted = true;
    const first = own.run(slow);
    const dropped = own.run(slow, () => wanted);
    const stopped = own.run(slow);
    wanted = false;
    await expect(own.run(slow)).rejects.toThrow("more than 2 logins wait");
    const outcomes = Promise.allSettled([first, dropped, stopped]);
    await first;
    await own.close();
    const [, second, third] = await outcomes;
    expect(second).toMatchObject({ status: "rejected", reason: new HashRefusal("nobody waits for it any more") });
    expect(third).toMatchObject({ status: "rejected", reason: new HashRefusal("hashing has stopped") });
    await expect(own.run(slow)).rejects.toThrow(HashRefusal);
  });

  test("answers a task that fails with its error and goes on", async () => {
    const own = new HashPool(1, 10);
    await expect(own.run({ name: "bcrypt-hash", cost: 99, password: Buffer.from("x") })).rejects.toThrow();
    expect(await own.run({ ...slow, iterations: 1 })).toHaveLength(64);
    await own.close();
  });
});
