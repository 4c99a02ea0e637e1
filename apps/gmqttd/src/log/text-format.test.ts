import { describe, expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { formatText } from "./text-format.ts";

const head = { time: "2026-11-23T09:39:19.123Z", level: "info" };

describe("log lines as text", () => {
  test("time, level, message, then the fields", () => {
    const line = formatText(
      JSON.stringify({ ...head, msg: "listening", address: "[::]:1883", port: 1883, tls: false }),
    );
    expect(line).toBe("2026-11-23T09:39:19.123Z INFO  listening address=[::]:1883 port=1883 tls=false\n");
  });

  test("a value can't end its line, nor pass for another field", () => {
    const clientId = "a\n2026 ERROR forged x=1";
    const line = formatText(JSON.stringify({ ...head, msg: "connected", clientId, empty: "", list: ["a", "b"] }));
    expect(line).toBe(`${head.time} INFO  connected clientId="a\\n2026 ERROR forged x=1" empty="" list=["a","b"]\n`);
  });

  test("a logged error comes with its message, and its stack below", () => {
    const err = { type: "Error", message: "it broke", stack: "Error: it broke\n    at a.js:1" };
    expect(formatText(JSON.stringify({ ...head, level: "error", msg: "bug", err }))).toBe(
      `${head.time} ERROR bug error="it broke"\n    Error: it broke\n        at a.js:1\n`,
    );
    expect(formatText(JSON.stringify({ ...head, err: "just text" }))).toBe(`${head.time} INFO   error="just text"\n`);
  });
});

describe("the logger", () => {
  function lines(format: "text" | "json") {
    const written: string[] = [];
    const config = { level: "info", format, dumpPacket: false } as const;
    return { written, logger: createLogger(config, { write: (line) => written.push(line) }) };
  }

  test("writes JSON with the level as a word and the time as ISO 8601", () => {
    const { written, logger } = lines("json");
    logger.warn({ port: 1 }, "careful");
    expect(JSON.parse(written[0] ?? "")).toEqual({
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      port: 1,
      msg: "careful",
    });
  });

  test("changes its level while it runs", () => {
    const { written, logger } = lines("text");
    logger.debug({}, "unheard");
    logger.level = "debug";
    logger.debug({}, "heard");
    logger.level = "error";
    logger.warn({}, "unheard");
    expect(written).toEqual([expect.stringMatching(/^\S+ DEBUG heard\n$/)]);
  });
});
