/**
 * How much of one turn of the event loop goes into what was received. Without a limit a turn lasts as long as there are
 * bytes in the sockets, and timers, HTTP and keep alive wait for all of them.
 */

/** After so long what has come waits for the next turn: milliseconds. */
const LONGEST_TURN = 10;
/** Shorter work is not worth an immediate that tells the turns apart: milliseconds. */
const SHORT = 2;
/**
 * So much of a turn is for connections that end: milliseconds. The kernel tells of all that have ended before the turn is
 * over, and of those that do so while it tells: with more, thousands that leave at once would make one turn of all of them.
 */
const LONGEST_ENDING = 2;
/** What waits lies in memory. With so much of it turns get longer instead: bytes. */
const MOST_POSTPONED = 16 * 1024 * 1024;

/** Somebody with bytes that wait, or with nothing but his end. */
export interface Postponed {
  /** How many bytes, 0 with the end alone; does not change while they wait. */
  readonly postponedBytes: number;
  proceed(): void;
}

export class TurnBudget {
  readonly #monotonic: () => number;
  /** When the piece of work began that is being done; Infinity between two. */
  #since = Number.POSITIVE_INFINITY;
  #spent = 0;
  /** An immediate is on its way: this turn ends there. */
  #ending = false;
  /** Nobody goes on. */
  #held = false;
  #waiting: Postponed[] = [];
  #bytes = 0;
  /** Those of whom nothing waits but the end. */
  #leaving: Postponed[] = [];
  /** Who goes first changes from turn to turn: the one may cause a hold, and the other has nothing of the turn then. */
  #endsFirst = false;
  readonly #turn: () => void = () => {
    this.#ending = false;
    this.#spent = 0;
    if (this.#held) return;
    this.#endsFirst = !this.#endsFirst;
    if (this.#endsFirst) this.#leaving = this.#goOn(this.#leaving, LONGEST_ENDING);
    this.#waiting = this.#goOn(this.#waiting, LONGEST_TURN);
    if (!this.#endsFirst) this.#leaving = this.#goOn(this.#leaving, LONGEST_ENDING);
    if (this.#waiting.length + this.#leaving.length > 0) this.#endTurn();
  };

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** A piece of work begins. */
  begin(now: number): void {
    this.#since = now;
  }

  /** It is done. */
  end(): void {
    // Negative where work inside it has ended before: that counts alone.
    this.#spent += Math.max(0, this.#monotonic() - this.#since);
    this.#since = Number.POSITIVE_INFINITY;
    if (this.#spent > SHORT) this.#endTurn();
  }

  /** This turn has lasted long enough. */
  exhausted(now: number): boolean {
    return this.#held || this.#spent + Math.max(0, now - this.#since) > LONGEST_TURN;
  }

  /** There is other work in this turn: what can wait as well had better wait. */
  isBusy(): boolean {
    return this.#held || this.#spent > SHORT;
  }

  /** There is other work: nobody has anything of a turn before `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#waiting.length + this.#leaving.length > 0) this.#endTurn();
  }

  /** Has somebody proceed in the next turn. False: so much waits already that he has to go on now. */
  postpone(who: Postponed): boolean {
    const bytes = this.#bytes + who.postponedBytes;
    if (bytes > MOST_POSTPONED) return false;
    this.#bytes = bytes;
    this.#waiting.push(who);
    this.#endTurn();
    return true;
  }

  /** Has somebody of whom nothing waits but his end proceed in one of the next turns. */
  postponeEnd(who: Postponed): void {
    this.#leaving.push(who);
    this.#endTurn();
  }

  /**
   * Has those in a list proceed, the first one first, until they have worked for `longest`. Answers who is left; whoever has
   * to wait again has added himself behind them.
   */
  #goOn(list: Postponed[], longest: number): Postponed[] {
    const count = list.length;
    const limit = this.#spent + longest;
    let next = 0;
    while (next < count && this.#spent < limit && !this.#held) {
      const postponed = list[next++] as Postponed;
      this.#bytes -= postponed.postponedBytes;
      postponed.proceed();
    }
    return list.slice(next);
  }

  #endTurn(): void {
    if (this.#ending) return;
    this.#ending = true;
    setImmediate(this.#turn);
  }
}
