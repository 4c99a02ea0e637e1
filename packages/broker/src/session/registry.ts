/** All sessions by client identifier: opened, left, expired, ended; and the wills that wait in them. */

import { MqttError, ReasonCode } from "@gmqtt/packets";
import type { SessionMemory } from "../persistence/persistence.ts";
import { SessionEndReason } from "../stats/reasons.ts";
import { TurnoverMap } from "../turnover.ts";
import { NEVER_EXPIRES, type PendingWill, Session, type SessionOpening } from "./session.ts";
import type { SessionServices } from "./session-services.ts";

/** What others do when something happens to a session. */
export interface SessionEvents {
  /** A will is to be published now. */
  willDue(clientId: string, will: PendingWill): void;
  /** The client is away, the session goes on. */
  left(session: Session): void;
  /** The session is about to end: its subscriptions go, its shared messages go to others. */
  ending(session: Session): void;
  ended(clientId: string, reason: SessionEndReason): void;
}

export class SessionRegistry {
  readonly #services: SessionServices;
  readonly #events: SessionEvents;
  readonly #sessions: TurnoverMap<string, Session> = new TurnoverMap();

  constructor(services: SessionServices, events: SessionEvents) {
    this.#services = services;
    this.#events = events;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  values(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** A page of `values()`. */
  slice(offset: number, limit: number): Session[] {
    return this.#sessions.slice(offset, limit);
  }

  /**
   * The session for an accepted CONNECT: the one that is held, or a new one [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6]. An old
   * connection has been closed before.
   */
  open(clientId: string, cleanStart: boolean, opening: SessionOpening): { session: Session; present: boolean } {
    const now = this.#services.clock.now();
    let session = this.#sessions.get(clientId);
    if (session !== undefined && this.#expired(session, now)) {
      this.end(session, SessionEndReason.Expired);
      session = undefined;
    }
    if (session !== undefined && cleanStart) {
      this.end(session, SessionEndReason.TakenOver);
      session = undefined;
    }
    const present = session !== undefined;
    if (session === undefined) session = this.#create(clientId, now);
    else {
      this.#services.population.inactive--;
      session.expiryTimer?.cancel();
      // Back before the delay passed: the will is not published [MQTT-3.1.3-9].
      session.willTimer?.cancel();
    }
    session.open(opening, now);
    const { population } = this.#services;
    population.active++;
    population.activeMaximum = Math.max(population.activeMaximum, population.active);
    session.save();
    return { session, present };
  }

  /**
   * Refuses what would wait for the store while the store is away: a session that survives its connection, a will, and the
   * end of a stored session. Called before anything is done about an old connection.
   */
  assertStorable(clientId: string, opening: Pick<SessionOpening, "expiryInterval" | "will">): void {
    const { journal, population } = this.#services;
    if (journal.available) return;
    const stored = this.#sessions.get(clientId)?.stored === true;
    if (opening.expiryInterval === 0 && opening.will === undefined && !stored) return;
    population.storeRefusals++;
    throw new MqttError(ReasonCode.ServerUnavailable);
  }

  /** What the store has to know of all sessions. */
  *toMemory(): Iterable<SessionMemory> {
    for (const session of this.#sessions.values()) if (session.stored) yield session.toMemory();
  }

  /** The connection of a session is gone. With `normal` its will goes unpublished [MQTT-3.14.4-3]. */
  leave(session: Session, normal: boolean): void {
    const { clock, population } = this.#services;
    const now = clock.now();
    if (normal) session.will = undefined;
    session.detach(now);
    population.active--;
    population.inactive++;
    if (session.expiryInterval === 0) {
      this.end(session, SessionEndReason.Normal);
      return;
    }
    this.#waitForEnd(session, now);
    session.save();
    this.#events.left(session);
  }

  /** Ends a session that is not connected any more, its will included [MQTT-3.1.2-8]. */
  end(session: Session, reason: SessionEndReason): void {
    const { population } = this.#services;
    const { will, clientId } = session;
    session.will = undefined;
    this.#events.ending(session);
    session.end();
    this.#sessions.delete(clientId);
    population.inactive--;
    population.sessionsTerminated[reason]++;
    if (will !== undefined) this.#events.willDue(clientId, will);
    this.#events.ended(clientId, reason);
  }

  /** Puts back a session that a store kept. One that was connected when the broker died was cut off now. */
  restore(session: Session): void {
    const now = this.#services.clock.now();
    session.disconnectedAt ??= now;
    this.#sessions.set(session.clientId, session);
    this.#services.population.inactive++;
    if (this.#expired(session, now)) this.end(session, SessionEndReason.Expired);
    else this.#waitForEnd(session, session.disconnectedAt);
  }

  #create(clientId: string, now: number): Session {
    const { config, population } = this.#services;
    if (this.#sessions.size >= config.limits.maxSessions) {
      population.limitHit("limits.max_sessions");
      throw new MqttError(ReasonCode.QuotaExceeded);
    }
    const session = new Session(clientId, now, this.#services);
    this.#sessions.set(clientId, session);
    population.sessionsCreated++;
    return session;
  }

  #expired(session: Session, now: number): boolean {
    if (session.disconnectedAt === undefined || session.expiryInterval === NEVER_EXPIRES) return false;
    return session.disconnectedAt + session.expiryInterval * 1000 <= now;
  }

  /** Arms the end of the session and the will before it, counted from the disconnect. */
  #waitForEnd(session: Session, from: number): void {
    const { clock, wheel } = this.#services;
    const elapsed = clock.now() - from;
    if (session.expiryInterval !== NEVER_EXPIRES) {
      const left = session.expiryInterval * 1000 - elapsed;
      session.expiryTimer = wheel.after(left, () => this.end(session, SessionEndReason.Expired));
    }
    const { will } = session;
    if (will === undefined) return;
    will.dueAt ??= from + Math.min(will.delayInterval, session.expiryInterval) * 1000;
    const wait = will.dueAt - clock.now();
    if (wait <= 0) this.#publishWill(session);
    else session.willTimer = wheel.after(wait, () => this.#publishWill(session));
  }

  /** Once and never again [MQTT-3.1.2-10]. */
  #publishWill(session: Session): void {
    const { will, clientId } = session;
    if (will === undefined) return;
    session.will = undefined;
    session.save();
    this.#events.willDue(clientId, will);
  }
}
