/** A machine so slow that a turn of the event loop is over before the packets are that lie there. */

import { createMemoryPair, type TransportHandler } from "@gmqtt/broker";
import { Decoder, encode, type Packet } from "@gmqtt/packets";
import { VirtualClock } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

/** Every look at it finds it half a millisecond later. */
class SlowMachine extends VirtualClock {
  #looks = 0;

  override monotonic(): number {
    return super.monotonic() + this.#looks++ / 2;
  }
}

const MESSAGES = 3000;
const NUMBERS = Array.from({ length: MESSAGES }, (_, index) => `${index + 1}`);

describe.each(stores)("on a slow machine, with the $name store, what one read brings", ({ start }) => {
  it.each([
    ["and DISCONNECT follows [MQTT-3.14.4-1]", true],
    ["and the connection ends behind it", false],
  ])("is worked off over several turns, all of it and in order [MQTT-4.6.0-6], %s", async (_, disconnects) => {
    const config = { mqtt: { maxQueuedMessages: 2 * MESSAGES, serverReceiveMaximum: 65_535 } };
    const broker = await start({ clock: new SlowMachine(), config, patience: 5000 });
    const subscriber = await broker.connect({ keepAlive: 0 });
    await subscriber.subscribe({ filter: "a", qos: 1 });
    const [serverSide, clientSide] = createMemoryPair();
    const decoder = new Decoder({ from: "server", version: 4 });
    const answers: Packet[] = [];
    const handler: TransportHandler = {
      onData: (chunk) => {
        decoder.push(chunk);
        for (let packet = decoder.next(); packet !== null; packet = decoder.next()) answers.push(packet);
      },
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {},
    };
    clientSide.start(handler);
    broker.server.acceptTransport(serverSide);
    clientSide.write([
      encode({ type: 1, protocolVersion: 4, cleanStart: true, keepAlive: 0, clientId: "c" }, 4),
      ...NUMBERS.map((number) =>
        encode(
          {
            type: 3,
            dup: false,
            qos: 1,
            retain: false,
            topic: "a",
            packetId: Number(number),
            payload: Buffer.from(number),
          },
          4,
        ),
      ),
      ...(disconnects ? [encode({ type: 14, reasonCode: 0 }, 4)] : []),
    ]);
    clientSide.end();
    await broker.idle();
    const received: string[] = [];
    while (received.length < MESSAGES) received.push((await subscriber.next("publish")).text);
    expect(received).toEqual(NUMBERS);
    if (disconnects) expect(answers.filter(({ type }) => type === 4)).toHaveLength(MESSAGES);
    expect(broker.server.clientService.getClient("c")).toBeUndefined();
  });
});
