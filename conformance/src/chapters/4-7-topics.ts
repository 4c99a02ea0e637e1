/** Chapter 4.7: topic names, filters and wildcards. */

import { publish, subscribe } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, subscriber } from "./common.ts";

/** Filters with what they match and what not; `T` stands for the test's own first level. */
const MATRIX: readonly (readonly [filter: string, matches: readonly string[], misses: readonly string[]])[] = [
  ["T/#", ["T", "T/", "T/a", "T/a/b", "T//"], ["Ta", "/T", "U/T"]],
  ["T/+", ["T/a", "T/", "T/$x"], ["T", "T/a/b", "T//"]],
  ["T/+/+", ["T/a/b", "T//", "T/a/"], ["T/a", "T/a/b/c"]],
  ["+/T", ["a/T", "/T"], ["$a/T", "a/b/T", "T"]],
  ["+/T/#", ["a/T", "/T/x", "a/T/b/c"], ["$a/T", "$a/T/x", "T"]],
  ["/T/+", ["/T/a", "/T/"], ["T/a", "//T/a"]],
  ["T/+/b/#", ["T/a/b", "T//b/c"], ["T/b", "T/a/c/b"]],
  ["T/a//b", ["T/a//b"], ["T/a/b", "T/a///b"]],
  ["T", ["T"], ["T/", "/T"]],
  ["T/", ["T/"], ["T", "T//"]],
];

export const topics: TestCase[] = chapter("4.7 Topic names and topic filters", (test) => {
  test("matches filters and topic names as the standard has it", {
    v5: "3.3.2-3 4.7.1-1 4.7.1-2 4.7.2-1",
    v4: "3.3.2-3 4.7.1-2 4.7.1-3 4.7.2-1",
  }, async (t) => {
    const publisher = await t.connect();
    const own = (text: string): string => text.replaceAll("T", t.topic);
    await each(MATRIX, async ([filter, matches, misses]) => {
      const client = await subscriber(t, [own(filter), 0]);
      for (const name of misses) publisher.publishOnly(own(name), name);
      for (const name of matches) publisher.publishOnly(own(name), name);
      await publisher.ping();
      t.equal(
        (await client.drain()).map(({ text }) => text),
        [...matches],
        `matches of ${filter}`,
      );
      await client.disconnect();
    });
  });

  test("matches retained messages by the same rules", {
    v5: "3.3.2-3 4.7.1-1 4.7.1-2 4.7.2-1",
    v4: "3.3.2-3 4.7.1-2 4.7.1-3 4.7.2-1",
  }, async (t) => {
    const publisher = await t.connect();
    const own = (text: string): string => text.replaceAll("T", t.topic);
    const names = new Set(MATRIX.flatMap(([, matches, misses]) => [...matches, ...misses]));
    for (const name of names) publisher.publishOnly(own(name), name, { retain: true });
    await publisher.ping();
    await each(MATRIX, async ([filter, matches, misses]) => {
      const client = await subscriber(t, [own(filter), 0]);
      const found = t.texts(await client.drain());
      for (const name of matches) t.ok(found.includes(name), `${name} is missing for ${filter}`);
      for (const name of misses) t.ok(!found.includes(name), `${name} came for ${filter}`);
      await client.disconnect();
    });
    for (const name of names) publisher.publishOnly(own(name), "", { retain: true });
    await publisher.ping();
  });

  test("takes no wildcards in topic names", { v5: "4.7.0-1 3.3.2-2", v4: "4.7.1-1 3.3.2-2" }, async (t) => {
    const client = await t.connect();
    client.publishOnly(`${t.topic}/+`, "x", { qos: 2 });
    const answer = await client.next().catch(() => undefined);
    if (answer?.name === "pubrec") t.ok(!t.five || answer.code === 0x90, "PUBREC");
    else await client.refused(0x90, ...FAULTS);
  });

  test("grants filters that are right and none that are wrong", {
    v5: "4.7.1-1 4.7.1-2 3.8.4-7",
    v4: "4.7.1-2 4.7.1-3 3.8.4-5",
  }, async (t) => {
    const right = ["#", "a/#", "/#", "+", "+/a", "a/+/b", "+/+", "/+", "/", "//", "+/#", "a/+/#", "$SYS/#", " ", "a b"];
    for (const filter of right) {
      const client = await t.connect();
      await client.subscribe([filter, 0]);
      await client.disconnect();
    }
    await each(
      ["a#", "a/#/b", "#/a", "a/b#", "##", "a+", "+a", "a/b+/c", "++", "a/++", "#+", "+#", ""],
      async (filter) => {
        const client = await t.connect();
        client.send(subscribe(t.version, 1, [[filter, 0]]));
        const answer = await client.next().catch(() => undefined);
        if (answer?.name === "suback") t.equal(answer.codes, [t.five ? 0x8f : 0x80], "code");
        else await client.refused(0x8f, ...FAULTS);
      },
    );
  });

  test(
    "keeps $ topics from filters that begin with a wildcard",
    { v5: "4.7.2-1", v4: "4.7.2-1" },
    async (t) => {
      const [all, first, deep, system] = [
        await subscriber(t, ["#", 0]),
        await subscriber(t, ["+/#", 0]),
        await subscriber(t, ["+/broker/+", 0]),
        await subscriber(t, ["$SYS/#", 0]),
      ];
      const found = await system.take("publish");
      t.ok(found.topic.startsWith("$SYS/"), "topic");
      await t.sleep(1500);
      for (const client of [all, first, deep]) {
        await client.ping();
        const wrong = client.inbox.find(({ topic }) => topic.startsWith("$"));
        t.ok(wrong === undefined, `${wrong?.topic} came`);
      }
    },
    { seconds: 2 },
  );

  test(
    "lets clients subscribe below $SYS level by level",
    { v5: "4.7.2-1", v4: "4.7.2-1" },
    async (t) => {
      const all = await subscriber(t, ["$SYS/#", 0]);
      const found = await all.take("publish");
      const levels = found.topic.split("/");
      const filter = ["$SYS", ...levels.slice(1).map(() => "+")].join("/");
      const client = await subscriber(t, [filter, 0]);
      t.ok((await client.take("publish")).topic.startsWith("$SYS/"), "topic");
    },
    { seconds: 2 },
  );

  test("keeps clients from speaking to each other below $SYS", {
    v5: "G20-32",
    v4: "G20-32",
    v3: "G20-32",
  }, async (t) => {
    const watcher = await subscriber(t, `$SYS/${t.topic}/#`);
    const client = await t.connect();
    client.publishOnly(`$SYS/${t.topic}/x`, "x", { qos: 1, retain: true });
    await client.next().catch(() => undefined);
    await watcher.quiet();
    await (await subscriber(t, `$SYS/${t.topic}/#`)).quiet();
  });

  test("refuses empty topic names and filters", { v5: "4.7.3-1 G20-8", v4: "4.7.3-1" }, async (t) => {
    await fatal(t, publish(t.version, "", "x"), [0x81, 0x82, 0x90, 0x94]);
    const client = await t.connect();
    client.send(subscribe(t.version, 1, [["", 0]]));
    const answer = await client.next().catch(() => undefined);
    if (answer?.name === "suback") t.ok((answer.codes[0] ?? 0) >= 0x80, "an empty filter was granted");
    else await client.refused(0x8f, ...FAULTS);
    const slash = await subscriber(t, "/");
    await slash.publish("/", t.topic);
    t.ok(
      (await slash.drain()).some(({ text }) => text === t.topic),
      "message on /",
    );
  });

  test("takes topic names of 65535 bytes, or refuses them cleanly", { v5: "4.7.3-3", v4: "4.7.3-3" }, async (t) => {
    const long = t.topic.padEnd(65535, "x");
    const client = await t.connect();
    client.send(subscribe(t.version, 1, [[long, 0]]));
    const answer = await client.next().catch(() => undefined);
    if (answer?.name !== "suback" || (answer.codes[0] ?? 0) >= 0x80) {
      t.ok(answer === undefined || ["suback", "disconnect"].includes(answer.name), "answer");
      return;
    }
    await client.publish(long, "x", { qos: 1 });
    const found = await client.message();
    t.equal([found.topicBytes.length, found.text], [65535, "x"], "message");
  });

  test("survives topic names of very many levels", {
    v5: "G21-15 4.7.3-3",
    v4: "G21-15 4.7.3-3",
    v3: "G21-15",
  }, async (t) => {
    const deep = `${t.topic}${"/".repeat(20_000)}`;
    const watcher = await subscriber(t, `${t.topic}/#`);
    for (const part of [
      publish(t.version, deep, "x", { qos: 1, id: 1, retain: true }),
      subscribe(t.version, 1, [[deep, 0]]),
      subscribe(t.version, 1, [[`${t.topic}${"/+".repeat(10_000)}`, 0]]),
    ]) {
      const client = await t.connect();
      client.send(part);
      const answer = await client.next().catch(() => undefined);
      t.oneOf(answer?.name, ["puback", "suback", "disconnect", undefined], "answer");
    }
    await watcher.publish(`${t.topic}/a`, "a");
    t.ok(
      (await watcher.drain()).some(({ text }) => text === "a"),
      "message afterwards",
    );
  });

  test("compares names as they are", { v5: "4.7.3-4", v4: "4.7.3-4" }, async (t) => {
    const pairs = [
      ["A", "a"],
      ["\u00c5", "A\u030a"],
      ["a//b", "a/b"],
      ["a/", "a"],
      [" a", "a"],
      ["a ", "a"],
      ["\u00df", "ss"],
      ["ﬁ", "fi"],
    ];
    const publisher = await t.connect();
    for (const [index, [one = "", other = ""]] of pairs.entries()) {
      const client = await subscriber(t, `${t.topic}/${index}/${one}`);
      await publisher.publish(`${t.topic}/${index}/${other}`, "wrong");
      await publisher.publish(`${t.topic}/${index}/${one}`, "right");
      const found = await client.message();
      t.equal([found.text, found.topicBytes], ["right", Buffer.from(`${t.topic}/${index}/${one}`)], "message");
      await client.quiet();
    }
  });

  test("treats prefixes of other brokers as ordinary, or refuses them", {
    v5: "G21-21",
    v4: "G21-21",
    v3: "G21-21",
  }, async (t) => {
    for (const prefix of ["$queue", "$exclusive"]) {
      const client = await t.connect();
      const suback = await client.trySubscribe([`${prefix}/${t.topic}`, 0]);
      if ((suback.codes[0] ?? 0) >= 0x80) continue;
      await client.publish(t.topic, "x");
      await client.quiet();
    }
  });
});
