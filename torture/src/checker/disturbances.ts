/** When something was killed, stopped or cut: some of what happened then may have gone either way. */

interface Disturbance {
  readonly from: number;
  to: number;
}

export class Disturbances {
  readonly #all: Disturbance[] = [];

  /** Something begins now; the function that is returned says that it is over. */
  begin(): () => void {
    const disturbance = { from: Date.now(), to: Number.POSITIVE_INFINITY };
    this.#all.push(disturbance);
    return () => {
      disturbance.to = Date.now();
    };
  }

  /** Nothing went on at any moment between the two times. */
  calm(from: number, to: number): boolean {
    return this.#all.every((disturbance) => disturbance.to < from || disturbance.from > to);
  }
}
