/**
 * Numbers in shared memory with one writer: a thread counts with plain stores, and others read when they want to know.
 * No message goes by, no lock is taken. What a slot counts is known to whoever made the layout.
 *
 * Doubles: a count goes up to 2^53 without wrapping around, and a double that lies on its own eight bytes is stored at
 * once on every machine that Node runs on, so that no reader finds half of it.
 */
export class SharedCounts {
  readonly #values: Float64Array;

  /** @param buffer as {@link SharedCounts.allocate} made it */
  constructor(buffer: SharedArrayBuffer) {
    this.#values = new Float64Array(buffer);
  }

  /**
   * The memory, all zero.
   * @param slots how many numbers
   */
  static allocate(slots: number): SharedArrayBuffer {
    return new SharedArrayBuffer(slots * Float64Array.BYTES_PER_ELEMENT);
  }

  /** By the writer: one more. */
  count(slot: number): void {
    (this.#values[slot] as number) += 1;
  }

  /** By the writer: so much more. */
  add(slot: number, amount: number): void {
    (this.#values[slot] as number) += amount;
  }

  /** By the writer: this, whatever it was. */
  set(slot: number, value: number): void {
    this.#values[slot] = value;
  }

  /** What it is now. */
  get(slot: number): number {
    return this.#values[slot] ?? 0;
  }

  /**
   * Adds what it is now to the same slots of a sum.
   * @param sums as many numbers as are to be read, from the first on
   */
  addTo(sums: Float64Array): void {
    const values = this.#values;
    for (let slot = 0; slot < sums.length; slot += 1) (sums[slot] as number) += values[slot] ?? 0;
  }
}
