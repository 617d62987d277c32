/** A stream of numbers that a seed determines: a failure is shown again by its seed. xorshift32 (Marsaglia, 2003). */
export class Random {
  #state: number;

  /** @param seed any whole number */
  constructor(seed: number) {
    // Neighbouring seeds must not begin alike, and 0 would stay 0 for ever.
    this.#state = Math.imul(seed ^ 0x5f3759df, 0x9e3779b1) | 0 || 1;
    for (let round = 0; round < 4; round += 1) this.#next();
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return (this.#next() >>> 0) % below;
  }

  /** `true` once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of a list that is not empty. */
  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }

  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state;
  }
}
