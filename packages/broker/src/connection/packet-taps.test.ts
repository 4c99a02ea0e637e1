import { expect, test } from "vitest";
import { PacketTaps } from "./packet-taps.ts";

test("everybody who watches sees each packet, until he stops", () => {
  const taps = new PacketTaps<string>();
  const seen: string[] = [];
  const watch = (name: string) =>
    taps.add((source, direction, { type }) => seen.push(`${name} ${source} ${direction} ${type}`));
  expect(taps.active).toBe(false);
  const stops = [watch("a"), watch("b")];
  taps.emit("c", "in", { type: 12 });
  stops[0]?.();
  expect(taps.active).toBe(true);
  taps.emit("c", "out", { type: 13 });
  stops[1]?.();
  expect([seen, taps.active]).toEqual([["a c in 12", "b c in 12", "b c out 13"], false]);
});
