import { describe, expect, it } from "vitest";
import { PacketIds } from "./packet-ids.ts";
import { elapsed } from "./stamp.ts";
import { Window } from "./window.ts";

describe("Window", () => {
  it("is open until as many messages are on the way as it is wide", () => {
    const window = new Window(2, 1);
    window.sent();
    expect(window.open).toBe(true);
    window.sent();
    expect(window.open).toBe(false);
    window.arrived(1);
    expect(window.open).toBe(true);
  });

  it("counts a message once for each subscriber, and opens when the last one has it", () => {
    const window = new Window(1, 100);
    window.sent();
    window.arrived(99);
    expect([window.open, window.outstanding]).toEqual([false, 1]);
    window.arrived(1);
    expect([window.open, window.outstanding]).toEqual([true, 0]);
  });

  it("opens when what is on the way is given up", () => {
    const window = new Window(1, 3);
    window.sent();
    window.reset();
    expect(window.open).toBe(true);
  });
});

describe("PacketIds", () => {
  it("gives each identifier once until it is given back [MQTT-2.2.1-3]", () => {
    const ids = new PacketIds(3);
    expect([ids.take(), ids.take(), ids.take()]).toEqual([1, 2, 3]);
    expect([ids.left, ids.inUse]).toEqual([0, 3]);
    expect(ids.giveBack(2)).toBe(true);
    expect(ids.take()).toBe(2);
  });

  it("notices an acknowledgement of what is not under way", () => {
    const ids = new PacketIds(2);
    const id = ids.take();
    expect([ids.giveBack(id), ids.giveBack(id), ids.giveBack(0), ids.giveBack(65_535)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(ids.left).toBe(2);
  });
});

describe("elapsed", () => {
  it("goes on when the clock's 32 bits have run over", () => {
    expect(elapsed(0xffff_fff0, 0x10)).toBe(0x20);
  });
});
