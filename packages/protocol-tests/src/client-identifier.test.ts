/** Client identifiers: empty ones, odd ones, refused ones (MQTT 5.0 section 3.1.3.1). */

import { describe, expect, it } from "vitest";
import { connectBytes, string } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("client identifiers, with the $name store", ({ start }) => {
  it("3.1.1 refuses an empty one with clean session 0 by 0x02 and closes [MQTT-3.1.3-8] [hard case 5]", async () => {
    const broker = await start();
    expect(await broker.refused({ version: 4, clientId: "", cleanStart: false })).toMatchObject({
      reasonCode: 2,
      sessionPresent: false,
    });
  });

  it("3.1.1 takes an empty one with clean session 1, any number of times [MQTT-3.1.3-6] [hard case 5]", async () => {
    const broker = await start();
    const one = await broker.connect({ version: 4, clientId: "" });
    const other = await broker.connect({ version: 4, clientId: "" });
    await one.ping();
    await other.ping();
  });

  it("3.1 refuses an empty one [hard case 5]", async () => {
    const broker = await start();
    expect(await broker.refused({ version: 3, clientId: "" })).toMatchObject({ reasonCode: 2 });
  });

  it.each([true, false])(
    "5.0 assigns one for an empty one, clean start %s, each its own [MQTT-3.1.3-6] [MQTT-3.2.2-16] [hard case 5]",
    async (cleanStart) => {
      const broker = await start();
      const clients = [];
      for (let count = 0; count < 20; count++) clients.push(await broker.connect({ clientId: "", cleanStart }));
      const assigned = clients.map(({ connack }) => connack?.properties?.assignedClientIdentifier);
      for (const clientId of assigned) expect(clientId).toMatch(/./);
      expect(new Set(assigned).size).toBe(20);
      for (const client of clients) await client.ping();
    },
  );

  it("5.0 resumes the session of an assigned one [MQTT-3.1.3-7] [hard case 5]", async () => {
    const broker = await start();
    const first = await broker.connect({ clientId: "", properties: { sessionExpiryInterval: 60 } });
    await first.drop();
    const second = await broker.connect({ clientId: first.clientId, cleanStart: false });
    expect(second.connack).toMatchObject({ sessionPresent: true });
    expect(second.connack?.properties?.assignedClientIdentifier).toBeUndefined();
  });

  it("refuses empty ones when configured so: 3.1.1 by 0x02, 5.0 by 0x85 [hard case 5]", async () => {
    const broker = await start({ config: { mqtt: { allowZeroLengthClientid: false } } });
    expect(await broker.refused({ version: 4, clientId: "" })).toMatchObject({ reasonCode: 2 });
    expect(await broker.refused({ version: 5, clientId: "" })).toMatchObject({ reasonCode: 0x85 });
  });

  it("takes 1 to 23 letters and digits, and more [MQTT-3.1.3-5]", async () => {
    const broker = await start();
    for (const clientId of ["a", "0123456789abcdefghijABC", "x".repeat(65_535), "a/b +#$ \u00e4\u{1F600}"]) {
      const client = await broker.connect({ clientId });
      await client.ping();
      await client.disconnect();
    }
  });

  it("tells them apart by their bytes [MQTT-3.1.3-2]", async () => {
    const broker = await start();
    const names = ["a", "A", "\ufeffa", "a ", "\u00e4", "a\u0308"];
    const clients = [];
    for (const clientId of names) clients.push(await broker.connect({ clientId }));
    for (const client of clients) await client.ping();
  });

  it("refuses one that is longer than max_clientid_length", async () => {
    const broker = await start({ config: { limits: { maxClientidLength: 10 } } });
    expect(await broker.refused({ clientId: "elevenbytes" })).toMatchObject({ reasonCode: 0x85 });
    expect(await broker.refused({ version: 4, clientId: "elevenbytes" })).toMatchObject({ reasonCode: 2 });
    await broker.connect({ clientId: "ten-bytes." });
  });

  it.each([
    ["an overlong form", Buffer.of(0xc0, 0x80)],
    ["a surrogate", Buffer.of(0xed, 0xa0, 0x80)],
    ["a cut-off sequence", Buffer.of(0xc3, 0x28)],
    ["U+0000", Buffer.of(0x61, 0x00)],
  ])("refuses %s in it [MQTT-3.1.3-4] [MQTT-1.5.4-1] [MQTT-1.5.4-2]", async (_, bytes) => {
    const broker = await start();
    for (const level of [4, 5] as const) {
      const client = broker.open({ version: level });
      client.sendBytes(connectBytes({ level, flags: 2, payload: [string(bytes)] }));
      await broker.idle();
      if (client.connack !== undefined) expect([0x81, 0x85]).toContain((await client.next("connack")).reasonCode);
      await client.closed();
    }
  });
});
