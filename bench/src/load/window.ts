/** How much a publisher may have on the way, so that a run in a closed loop loses nothing by itself. */

export class Window {
  readonly #width: number;
  /** Deliveries that one message makes. */
  readonly #fan: number;
  #outstanding = 0;

  /** `width`: messages on the way to their subscribers at once. */
  constructor(width: number, fan: number) {
    this.#width = width * fan;
    this.#fan = fan;
  }

  /** Whether one more message may go. */
  get open(): boolean {
    return this.#outstanding + this.#fan <= this.#width;
  }

  /** Deliveries still owed. */
  get outstanding(): number {
    return this.#outstanding;
  }

  sent(): void {
    this.#outstanding += this.#fan;
  }

  arrived(count: number): void {
    this.#outstanding -= count;
  }

  /** Gives up on what is outstanding: the broker has lost it. */
  reset(): void {
    this.#outstanding = 0;
  }
}
