import type { Client } from "@gmqtt/broker";
import { VirtualClock } from "@gmqtt/testing";
import { expect, test } from "vitest";
import { Expiries } from "./expiries.ts";

const DAY = 86_400_000;

function client(): { readonly one: Client; readonly ended: unknown[] } {
  const ended: unknown[] = [];
  return { one: { disconnect: (packet: unknown) => ended.push(packet) } as unknown as Client, ended };
}

test("a login that lasts longer than a timer can run ends when it ends", async () => {
  const clock = new VirtualClock();
  const { ended, one } = client();
  new Expiries(clock).arm(one, clock.now() + 60 * DAY);
  await clock.advance(60 * DAY - 1);
  expect(ended).toEqual([]);
  await clock.advance(1);
  expect(ended).toMatchObject([{ reasonCode: 0x87 }]);
  expect(clock.pendingTimers).toBe(0);
});

test("a client that is gone is not waited for", async () => {
  const clock = new VirtualClock();
  const { ended, one } = client();
  const expiries = new Expiries(clock);
  expiries.arm(one, clock.now() + 1_000);
  expiries.disarm(one);
  expiries.arm(client().one, clock.now() + 1_000);
  expiries.close();
  await clock.advance(2_000);
  expect(ended).toEqual([]);
});
