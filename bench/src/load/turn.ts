/** What is done once at the end of a turn of the event loop: publishers fill their windows, then each socket is written once. */

/** Somebody who has something to do at the end of the turn. */
export interface AtTurnEnd {
  /** Whether it is in the list already; the list's own mark. */
  listed: boolean;
  atTurnEnd(): void;
}

export class Turn {
  #publishers: AtTurnEnd[] = [];
  #writers: AtTurnEnd[] = [];
  #spare: AtTurnEnd[] = [];
  #asked = false;
  readonly #run = (): void => this.#end();

  /** Lets it publish at the end of this turn. */
  publish(publisher: AtTurnEnd): void {
    if (publisher.listed) return;
    publisher.listed = true;
    this.#publishers.push(publisher);
    this.#ask();
  }

  /** Lets it write to its socket at the end of this turn, after all that publish. */
  write(writer: AtTurnEnd): void {
    if (writer.listed) return;
    writer.listed = true;
    this.#writers.push(writer);
    this.#ask();
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(this.#run);
  }

  #end(): void {
    this.#asked = false;
    const publishers = this.#publishers;
    this.#publishers = this.#spare;
    this.#finish(publishers);
    const writers = this.#writers;
    this.#writers = this.#spare;
    this.#finish(writers);
  }

  #finish(list: AtTurnEnd[]): void {
    for (const one of list) {
      one.listed = false;
      one.atTurnEnd();
    }
    list.length = 0;
    this.#spare = list;
  }
}
