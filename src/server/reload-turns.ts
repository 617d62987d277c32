/**
 * Whose turn it is to reload: one reload at a time. All that are asked for while one is under way are one more, which
 * follows it: it takes up whatever has changed since the first began.
 */
export class ReloadTurns {
  readonly #reload: (reason: string) => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param reload reloads once */
  constructor(reload: (reason: string) => Promise<void>) {
    this.#reload = reload;
  }

  /**
   * Asks for a reload.
   * @param reason why; of several that become one reload, the first counts
   * @returns settles as the first reload does that begins from now on
   */
  request(reason: string): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin(reason);
    const begin = (): Promise<void> => {
      this.#next = undefined;
      return this.#begin(reason);
    };
    this.#next = this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(reason: string): Promise<void> {
    const running = this.#reload(reason);
    const end = (): void => {
      this.#running = undefined;
    };
    this.#running = running;
    running.then(end, end);
    return running;
  }
}
