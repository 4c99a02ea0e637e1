/** The table of topic names: the same answers as decoding each time, and never more memory. */
import { describe, expect, test } from "vitest";
import { ProtocolError } from "./errors.ts";
import { bytes } from "./testing/bytes.ts";
import { TopicTable } from "./topic-table.ts";

function lookup(table: TopicTable, topic: string | Buffer): string {
  const data = Buffer.from(topic);
  const surrounded = Buffer.concat([bytes("ff2b"), data, bytes("23ff")]);
  return table.lookup(surrounded, 2, 2 + data.length);
}

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

  test.each([1, 2, 64])("tells thousands of topics apart with %i slots", (slots) => {
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
    const table = new TopicTable(1);
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

  test.each([0, 3, -4, 1.5, Number.NaN])("of %d slots is not made", (slots) => {
    expect(() => new TopicTable(slots)).toThrow(RangeError);
  });
});
