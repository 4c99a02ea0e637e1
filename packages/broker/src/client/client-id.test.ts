import { expect, test } from "vitest";
import { assignClientId } from "./client-id.ts";

test("gives an identifier that nobody has [MQTT-3.2.2-16]", () => {
  let calls = 0;
  const random = (): number => Math.floor(calls++ / 22) / 36;
  const asked: string[] = [];
  const id = assignClientId(random, (candidate) => asked.push(candidate) < 3);
  expect(asked).toEqual([`gmqtt-${"0".repeat(22)}`, `gmqtt-${"1".repeat(22)}`, `gmqtt-${"2".repeat(22)}`]);
  expect(id).toBe(asked[2]);
});
