/** The first of many in their order, without room or time for all of them. */
export class FirstInOrder<Item> {
  readonly #most: number;
  readonly #compare: (a: Item, b: Item) => number;
  readonly #items: Item[] = [];
  #omitted = 0;

  /**
   * @param most how many are kept
   * @param compare negative where the first comes first; 0 for equal ones
   */
  constructor(most: number, compare: (a: Item, b: Item) => number) {
    this.#most = most;
    this.#compare = compare;
  }

  /** Those that are kept, in order. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** How many are not kept. */
  get omitted(): number {
    return this.#omitted;
  }

  /** Costs one comparison for what comes behind all that are kept, else some ten: never a pause. */
  add(item: Item): void {
    const items = this.#items;
    const last = items.at(-1);
    if (items.length >= this.#most) {
      this.#omitted += 1;
      if (last === undefined || this.#compare(item, last) >= 0) return;
      items.pop();
    }
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = items[middle];
      if (other !== undefined && this.#compare(other, item) <= 0) low = middle + 1;
      else high = middle;
    }
    items.splice(low, 0, item);
  }
}
