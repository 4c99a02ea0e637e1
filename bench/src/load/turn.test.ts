import { describe, expect, it } from "vitest";
import { type AtTurnEnd, Turn } from "./turn.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Turn", () => {
  it("lets publishers go first, each once, and what they write is written in the same turn", async () => {
    const turn = new Turn();
    const order: string[] = [];
    const writer: AtTurnEnd = { listed: false, atTurnEnd: () => order.push("write") };
    const publisher: AtTurnEnd = {
      listed: false,
      atTurnEnd: () => {
        order.push("publish");
        turn.write(writer);
      },
    };
    turn.write(writer);
    turn.publish(publisher);
    turn.publish(publisher);
    expect(order).toEqual([]);
    await nextTurn();
    expect(order).toEqual(["publish", "write"]);
    turn.publish(publisher);
    await nextTurn();
    expect(order).toEqual(["publish", "write", "publish", "write"]);
  });
});
