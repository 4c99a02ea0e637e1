/** The table of topic names: the same answers as decoding each time, and never more memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";
import { bytes } from "./testing/bytes.ts";
import { TopicTable } from "./topic-table.ts";

function lookup<Note>(table: TopicTable<Note>, topic: string | Buffer): string {
  const data = Buffer.from(topic);
  const surrounded = Buffer.concat([bytes("ff2b"), data, bytes("23ff")]);
  return table.lookup(surrounded, 2, 2 + data.length);
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;
// What one collection finds, the next one gives back.
const collectGarbage = (): void => {
  gc();
  gc();
};

describe("a topic table", () => {
  test("returns each topic, the first time and later", () => {
    const table = new TopicTable(16);
    const topics = [
      "a",
      "a/b",
      "",
      "/",
      "devices/sensor-1/temperature",
      "ü/\u{1f600}",
      "x".repeat(257),
      "x".repeat(65_535),
    ];
    for (let round = 0; round < 3; round++) {
      for (const topic of topics) expect(lookup(table, topic)).toBe(topic);
    }
  });

  test.each([4, 8, 64])("tells thousands of topics apart with %i slots", (slots) => {
    const table = new TopicTable(slots);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++)
        expect(lookup(table, `site/${i % 7}/device/${i}`)).toBe(`site/${i % 7}/device/${i}`);
    }
  });

  test("takes plain Uint8Arrays, views of a larger buffer too", () => {
    const whole = new Uint8Array([0, 0, 0x61, 0x2f, 0xc3, 0xbc, 0]);
    expect(new TopicTable().lookup(whole.subarray(2), 0, 4)).toBe("a/ü");
  });

  test("grows with its topics: nearly all of 100,000 are still there when they are met again", () => {
    const table = new TopicTable<number>();
    const topicOf = (index: number): string => `site/${index % 7}/device/${index}`;
    for (let index = 0; index < 100_000; index++) table.note(lookup(table, topicOf(index)), index);
    let found = 0;
    for (let index = 0; index < 100_000; index++) if (table.noted(lookup(table, topicOf(index))) === index) found++;
    expect(found).toBeGreaterThan(90_000);
  });

  test("begins anew when its topics have more than 8 MiB, and takes no more memory than that", () => {
    const table = new TopicTable();
    const topicOf = (index: number): string => `${index}`.padStart(256, "x");
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 100_000; index++) {
      expect(lookup(table, topicOf(index)).endsWith(`${index}`)).toBe(true);
    }
    for (const index of [0, 50_000, 99_999]) expect(lookup(table, topicOf(index))).toBe(topicOf(index));
    collectGarbage();
    // 8 MiB of names and 16 bytes of each of 262,144 slots.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(13 * 1024 * 1024);
  });

  describe("notes", () => {
    const noted = (table: TopicTable<string>, topic: string): string | undefined => table.noted(lookup(table, topic));
    const note = (table: TopicTable<string>, topic: string, text: string): void => {
      table.note(lookup(table, topic), text);
    };

    test("stay with their topics until all are forgotten", () => {
      const table = new TopicTable<string>(64);
      note(table, "a", "first");
      note(table, "b", "second");
      expect([noted(table, "a"), noted(table, "b"), noted(table, "c")]).toEqual(["first", "second", undefined]);
      table.forgetNotes();
      expect([noted(table, "a"), noted(table, "b")]).toEqual([undefined, undefined]);
      note(table, "a", "third");
      expect([noted(table, "a"), noted(table, "b")]).toEqual(["third", undefined]);
    });

    test("are those of the topic looked up last, and of no other", () => {
      const table = new TopicTable<string>(64);
      note(table, "a", "first");
      const a = lookup(table, "a");
      lookup(table, "b");
      expect(table.noted(a)).toBeUndefined();
      table.note(a, "wrong");
      expect([noted(table, "b"), noted(table, "a")]).toEqual([undefined, "first"]);
      lookup(table, "x".repeat(257)); // has no slot
      expect(table.noted(a)).toBeUndefined();
      expect(() => lookup(table, "a/#")).toThrow(ProtocolError);
      expect(table.noted(a)).toBeUndefined();
    });

    test("go with their topics, and come along when the table grows", () => {
      const small = new TopicTable<string>(4);
      note(small, "a", "first");
      for (let index = 0; index < 100; index++) lookup(small, `${index}`);
      expect(noted(small, "a")).toBeUndefined();
      const large = new TopicTable<string>();
      note(large, "a", "first");
      for (let index = 0; index < 20_000; index++) lookup(large, `${index}`);
      expect(noted(large, "a")).toBe("first");
    });

    test("that do not hold any more are let go of within as many changes as there are slots", async () => {
      const table = new TopicTable<{ name: string }>(64);
      const values = Array.from({ length: 32 }, (_, index) => {
        const value = { name: `${index}` };
        table.note(lookup(table, value.name), value);
        return new WeakRef(value);
      });
      const held = async (): Promise<number> => {
        await new Promise((resolve) => setImmediate(resolve)); // what was just seen lives until then
        collectGarbage();
        return values.filter((value) => value.deref() !== undefined).length;
      };
      expect(await held()).toBe(32);
      for (let change = 0; change < 64 / 16; change++) table.forgetNotes();
      expect(await held()).toBe(0);
    });
  });

  test("does not change when the bytes it has seen do", () => {
    const table = new TopicTable();
    const buffer = Buffer.from("topic");
    expect(table.lookup(buffer, 0, 5)).toBe("topic");
    buffer.write("other");
    expect(table.lookup(buffer, 0, 5)).toBe("other");
    expect(lookup(table, "topic")).toBe("topic");
  });

  test.each([
    ["a/+", 0x90],
    ["#", 0x90],
    ["a\u0000", 0x81],
    [Buffer.from([0xc3, 0x28]), 0x81],
    [Buffer.from([0xed, 0xa0, 0x80]), 0x81],
  ])("refuses %j each time", (topic, code) => {
    const table = new TopicTable(4);
    for (let round = 0; round < 2; round++) {
      try {
        lookup(table, topic);
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error).toMatchObject({ reasonCode: code });
      }
    }
    expect(lookup(table, "fine")).toBe("fine");
  });

  test.each([0, 2, 12, -4, 1.5, Number.NaN])("of %d slots is not made", (slots) => {
    expect(() => new TopicTable(slots)).toThrow(RangeError);
  });
});
