/** Chapter 3.12: PINGREQ and PINGRESP. */

import { hex } from "../bytes/bytes.ts";
import { pingreq } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, fatal } from "./common.ts";

export const ping: TestCase[] = chapter("3.12 PINGREQ, PINGRESP", (test) => {
  test("answers every PINGREQ", { v5: "3.12.4-1", v4: "3.12.4-1" }, async (t) => {
    const client = await t.connect();
    client.send(pingreq());
    t.equal((await client.next()).size, 2, "size of PINGRESP");
    client.send(pingreq(), pingreq(), pingreq());
    for (let index = 0; index < 3; index++) t.equal((await client.next()).name, "pingresp", "answer");
  });

  test("refuses PINGREQ with a body", { v5: "3.12.4-1 4.13.1-1", v4: "4.8.0-1" }, async (t) => {
    await each(["c0 01 00", "c0 02 0001"], (bad) => fatal(t, hex(bad)));
  });
});
