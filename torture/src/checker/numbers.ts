/** A set of whole numbers that are close to each other, a byte for each. */

export class Numbers {
  #present: Uint8Array = new Uint8Array(1024);

  has(number: number): boolean {
    return this.#present[number] === 1;
  }

  /** False when it was there already. */
  add(number: number): boolean {
    if (number >= this.#present.length) {
      const longer = new Uint8Array(number * 2);
      longer.set(this.#present);
      this.#present = longer;
    }
    if (this.#present[number] === 1) return false;
    this.#present[number] = 1;
    return true;
  }
}
