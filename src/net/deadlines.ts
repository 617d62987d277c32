/** Something that must move on before a time. */
export interface Guarded {
  /** When, in milliseconds of the monotonic clock; `Infinity` for no deadline. Set freely: nothing need be told. */
  readonly deadline: number;
  /** The time has passed; called once for each deadline that does. */
  onDeadline(): void;
}

/**
 * The deadlines of all connections of one thread, with one timer. A connection notes its new deadline and goes on;
 * the timer looks at all of them when it fires, at most once a period. So a request that sets four deadlines pays
 * for four stores. A deadline is kept to within one period.
 */
export class Deadlines {
  readonly #guarded = new Set<Guarded>();
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param periodMs how late a deadline may be seen, in milliseconds; also the shortest time between two looks */
  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Watches over one more. */
  add(guarded: Guarded): void {
    this.#guarded.add(guarded);
    this.#timer ??= this.#newTimer();
  }

  /** Watches over it no longer. */
  delete(guarded: Guarded): void {
    this.#guarded.delete(guarded);
  }

  readonly #onTimer = (): void => {
    const now = performance.now();
    for (const guarded of this.#guarded) {
      if (guarded.deadline <= now) guarded.onDeadline();
    }
    this.#timer = this.#guarded.size > 0 ? this.#newTimer() : undefined;
  };

  /** The sockets keep the thread alive; the timer must not do so behind the last of them. */
  #newTimer(): NodeJS.Timeout {
    return setTimeout(this.#onTimer, this.#periodMs).unref();
  }
}
