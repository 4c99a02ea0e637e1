import { describe, expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import { HeldStore, RecordingLink, TestServices } from "../../test/session-fixtures.ts";
import { Session } from "./session.ts";

function sessionWith(store = new HeldStore()) {
  const services = new TestServices({}, store);
  const session = new Session("c", services.clock.now(), services);
  const open = (expiryInterval: number) =>
    session.open(
      { protocolVersion: 5, username: "u", expiryInterval, will: undefined, maxInflight: 7 },
      services.clock.now(),
    );
  return { open, services, session };
}

describe("Session", () => {
  test("remembers QoS 2 messages of the client until PUBREL, in the store as well [MQTT-4.3.3-10]", () => {
    const { open, services, session } = sessionWith();
    open(60);
    session.addIncoming(3);
    expect([session.incoming.has(3), session.releaseIncoming(3), session.releaseIncoming(3)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(services.changes).toEqual(["incoming-put", "incoming-delete"]);
  });

  test("that ends with its connection is no matter for the store, unless it has a will", () => {
    const { open, services, session } = sessionWith();
    open(0);
    session.addIncoming(3);
    session.releaseIncoming(3);
    session.save();
    session.end();
    expect(services.changes).toEqual([]);
    const other = sessionWith();
    other.open(0);
    other.session.will = { message: messageOn("w"), delayInterval: 0, dueAt: undefined };
    other.session.save();
    other.session.end();
    expect([other.services.changes, other.session.stored]).toEqual([["session-put", "session-delete"], true]);
  });

  test("stays known to the store when its expiry becomes 0 later", () => {
    const { open, services, session } = sessionWith();
    open(60);
    session.save();
    session.setExpiryInterval(0);
    expect(session.persistent).toBe(true);
    session.end();
    expect([services.changes, session.persistent, session.ended]).toEqual([
      ["session-put", "session-delete"],
      false,
      true,
    ]);
  });

  test("says nothing to a store that keeps nothing", () => {
    const { open, services, session } = sessionWith(new HeldStore(false));
    open(60);
    session.save();
    expect([session.persistent, session.stored, services.changes]).toEqual([false, false, []]);
  });

  test("is described as it is", () => {
    const { open, services, session } = sessionWith();
    open(60);
    const link = new RecordingLink();
    link.window = 1;
    session.resume(link);
    for (const topic of ["a", "b"]) session.outgoing.deliver(messageOn(topic), 1, false, undefined, undefined);
    expect(session.toInfo()).toMatchObject({
      clientId: "c",
      username: "u",
      protocolVersion: 5,
      connected: true,
      expiryInterval: 60,
      maxInflight: 7,
      inflightLength: 1,
      queueLength: 1,
      maxQueue: 1000,
      hasWill: false,
    });
    expect([session.outgoing.hasRoom, session.link]).toEqual([false, link]);
    services.clock.advance(5);
    session.detach(services.clock.now());
    expect(session.toInfo()).toMatchObject({ connected: false, disconnectedAt: services.clock.now() });
  });
});
