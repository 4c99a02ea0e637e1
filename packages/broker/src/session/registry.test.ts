import { describe, expect, test } from "vitest";
import { messageOn } from "../../test/deliveries.ts";
import { HeldStore, RecordingLink, TestServices } from "../../test/session-fixtures.ts";
import type { BrokerConfigInput } from "../config/index.ts";
import { SessionRegistry } from "./registry.ts";
import { NEVER_EXPIRES, type PendingWill, Session, type SessionOpening } from "./session.ts";

function registryWith(config: BrokerConfigInput = {}, store?: HeldStore) {
  const services = new TestServices(config, store);
  const log: string[] = [];
  const registry = new SessionRegistry(services, {
    willDue: (clientId, will) => log.push(`will of ${clientId}: ${will.message.topic}`),
    left: ({ clientId }) => log.push(`${clientId} left`),
    ending: ({ clientId }) => log.push(`${clientId} ends`),
    ended: (clientId, reason) => log.push(`${clientId} ended, ${reason}`),
  });
  const open = (clientId: string, opening: Partial<SessionOpening> = {}, cleanStart = false) =>
    registry.open(clientId, cleanStart, {
      protocolVersion: 5,
      username: "u",
      expiryInterval: 60,
      will: undefined,
      maxInflight: 10,
      ...opening,
    });
  return { log, open, registry, services };
}

const will = (delayInterval = 0): PendingWill => ({ message: messageOn("w"), delayInterval, dueAt: undefined });

describe("SessionRegistry", () => {
  test("holds a session over connections, and says so [MQTT-3.1.2-5] [MQTT-3.2.2-3]", () => {
    const { open, registry, services } = registryWith();
    const first = open("c");
    expect([first.present, registry.size, registry.get("c")]).toEqual([false, 1, first.session]);
    registry.leave(first.session, true);
    expect([services.population.active, services.population.inactive]).toEqual([0, 1]);
    services.clock.advance(59_000);
    const second = open("c");
    expect([second.present, second.session]).toEqual([true, first.session]);
    services.clock.advance(120_000);
    expect([...registry.values()]).toEqual([first.session]);
    expect([services.population.active, services.population.inactive]).toEqual([1, 0]);
  });

  test("a clean start ends what was there [MQTT-3.1.2-4]", () => {
    const { log, open, registry, services } = registryWith();
    const { session } = open("c");
    registry.leave(session, true);
    const next = open("c", {}, true);
    expect([next.present, next.session === session, session.ended]).toEqual([false, false, true]);
    expect(log).toEqual(["c left", "c ends", "c ended, taken_over"]);
    expect(services.population.sessionsTerminated).toMatchObject({ taken_over: 1 });
  });

  test("ends a session on time, and one without expiry with its connection [MQTT-3.1.2-23]", () => {
    const { log, open, registry, services } = registryWith();
    registry.leave(open("short", { expiryInterval: 10 }).session, true);
    registry.leave(open("none", { expiryInterval: 0 }).session, true);
    expect(log).toEqual(["short left", "none ends", "none ended, normal"]);
    services.clock.advance(9_999);
    expect(registry.size).toBe(1);
    services.clock.advance(101);
    expect([registry.size, log.slice(3)]).toEqual([0, ["short ends", "short ended, expired"]]);
    expect(services.population.inactive).toBe(0);
  });

  test("a session that has expired but not ended yet is not taken up", () => {
    const { log, open, registry, services } = registryWith();
    services.clock.advance(50);
    const { session } = open("c", { expiryInterval: 10 });
    registry.leave(session, true);
    services.clock.advance(10_000); // the wheel ticks a moment later
    expect([open("c").present, log.slice(1)]).toEqual([false, ["c ends", "c ended, expired"]]);
  });

  test("4294967295 means never", () => {
    const { open, registry, services } = registryWith();
    registry.leave(open("c", { expiryInterval: NEVER_EXPIRES }).session, true);
    services.clock.advance(10_000_000_000);
    expect(registry.size).toBe(1);
  });

  test("takes no more sessions than allowed (0x97), but gives everybody back his own", () => {
    const { open, registry, services } = registryWith({ limits: { maxSessions: 1 } });
    const { session } = open("a");
    expect(() => open("b")).toThrow(expect.objectContaining({ reasonCode: 0x97 }));
    expect(services.population.limitsHit.get("limits.max_sessions")).toBe(1);
    registry.leave(session, true);
    expect(open("a").present).toBe(true);
  });
});

describe("a will", () => {
  test("is published when the connection ends otherwise than normally [MQTT-3.1.2-8], and not when normally", () => {
    const { log, open, registry } = registryWith();
    registry.leave(open("broken", { will: will() }).session, false);
    registry.leave(open("normal", { will: will() }).session, true);
    expect(log).toEqual(["will of broken: w", "broken left", "normal left"]);
  });

  test("with a delay waits for it, and is not published when the client comes back before [MQTT-3.1.3-9]", () => {
    const { log, open, registry, services } = registryWith();
    registry.leave(open("away", { will: will(30) }).session, false);
    registry.leave(open("back", { will: will(30) }).session, false);
    services.clock.advance(29_900);
    open("back");
    expect(log).toEqual(["away left", "back left"]);
    services.clock.advance(10_000);
    expect(log.slice(2)).toEqual(["will of away: w"]);
  });

  test("is published once, when delay or session end, whichever is first", () => {
    const { log, open, registry, services } = registryWith();
    registry.leave(open("c", { will: will(100), expiryInterval: 10 }).session, false);
    services.clock.advance(200_000);
    expect(log.filter((line) => line.startsWith("will"))).toEqual(["will of c: w"]);
  });

  test("goes with a session that ends with its connection", () => {
    const { log, open, registry } = registryWith();
    registry.leave(open("c", { will: will(100), expiryInterval: 0 }).session, false);
    expect(log).toEqual(["c ends", "will of c: w", "c ended, normal"]);
  });
});

describe("a session from the store", () => {
  test("goes on where it was: expiry and will count from the disconnect", () => {
    const { log, registry, services } = registryWith({}, new HeldStore());
    const session = new Session("c", services.clock.now(), services);
    session.setExpiryInterval(60);
    session.will = will(20);
    session.disconnectedAt = services.clock.now() - 10_000;
    registry.restore(session);
    services.clock.advance(10_100);
    expect(log).toEqual(["will of c: w"]);
    services.clock.advance(40_000);
    expect([registry.size, log.slice(1)]).toEqual([0, ["c ends", "c ended, expired"]]);
  });

  test("that was connected when the broker died was cut off now", () => {
    const { registry, services } = registryWith();
    const session = new Session("c", services.clock.now(), services);
    session.setExpiryInterval(60);
    registry.restore(session);
    expect(session.disconnectedAt).toBe(services.clock.now());
    services.clock.advance(59_000);
    expect(registry.size).toBe(1);
  });

  test("that expired meanwhile ends at once, its will included", () => {
    const { log, registry, services } = registryWith();
    const session = new Session("c", 0, services);
    session.setExpiryInterval(60);
    session.will = will(1000);
    session.disconnectedAt = services.clock.now() - 60_000;
    registry.restore(session);
    expect([log, registry.size]).toEqual([["c ends", "will of c: w", "c ended, expired"], 0]);
  });

  test("whose will is overdue publishes it at once", () => {
    const { log, registry, services } = registryWith();
    const session = new Session("c", 0, services);
    session.setExpiryInterval(NEVER_EXPIRES);
    session.will = { ...will(5), dueAt: services.clock.now() - 1 };
    session.disconnectedAt = services.clock.now() - 10_000;
    registry.restore(session);
    expect(log).toEqual(["will of c: w"]);
  });
});

describe("while the store is away", () => {
  test("nothing is accepted that would have to wait for it (0x88), the rest goes on", () => {
    const { open, registry, services } = registryWith({}, new HeldStore());
    registry.leave(open("stored").session, true);
    const passing = { expiryInterval: 0, will: undefined };
    expect(() => registry.assertStorable("new", { ...passing, expiryInterval: 60 })).not.toThrow();
    services.journal.available = false;
    const refusal = expect.objectContaining({ reasonCode: 0x88 });
    expect(() => registry.assertStorable("new", passing)).not.toThrow();
    expect(() => registry.assertStorable("new", { ...passing, expiryInterval: 60 })).toThrow(refusal);
    expect(() => registry.assertStorable("new", { ...passing, will: will() })).toThrow(refusal);
    expect(() => registry.assertStorable("stored", passing)).toThrow(refusal);
    expect(services.population.storeRefusals).toBe(3);
  });

  test("the store can be given what it has to know: persistent sessions whole, others for their will alone", () => {
    const { open, registry } = registryWith({}, new HeldStore());
    const { session } = open("persistent");
    session.addIncoming(5);
    session.resume(new RecordingLink());
    session.outgoing.deliver(messageOn("t"), 1, false, undefined, undefined);
    open("will", { expiryInterval: 0, will: will() }).session.outgoing.deliver(
      messageOn("t"),
      1,
      false,
      undefined,
      undefined,
    );
    open("passing", { expiryInterval: 0 });
    const memory = [...registry.toMemory()];
    expect(memory.map((one) => [one.session.clientId, one.deliveries.length, one.incomingPacketIds])).toEqual([
      ["persistent", 1, [5]],
      ["will", 0, []],
    ]);
  });
});
