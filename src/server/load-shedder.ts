/** The loop is looked after so many times within the lag that is allowed, and not more often than this. */
const LOOKS = 4;
const SHORTEST_PERIOD_MS = 2;
const LONGEST_PERIOD_MS = 25;

/**
 * Tells which requests come too late to be worth their work, by how long the event loop of the thread has not come round, and
 * for how long the accept queue has not been empty.
 *
 * What has arrived is handled in one pass of the loop. So when the loop has not come round for some time, the request that
 * is at hand has waited for most of it, and those behind it will wait longer. Those that come within the allowed lag
 * are accepted, in each pass anew: the thread always has as much work as it can do, and the rest costs it next to nothing.
 *
 * Of new connections a pass takes one alone, and the others wait in the kernel, where nobody sees for how long. But where each
 * pass finds one, for as long as the loop may lag, then more come than are answered; shedding is what empties the queue.
 *
 * Once it sheds it goes on at half of the lag, until a pass has shed nothing and was no longer than that: what is accepted
 * meanwhile had waited through the pass before as well.
 */
export class LoadShedder {
  /** How often to {@link LoadShedder.look}, in milliseconds. */
  readonly periodMs: number;
  readonly #lagMs: number;
  #lastLook: number;
  #isShedding = false;
  #hasShed = false;
  #queueBegan = Number.POSITIVE_INFINITY;

  /**
   * @param lagMs how late the loop may be, in milliseconds
   * @param now the time, by a monotonic clock
   */
  constructor(lagMs: number, now: number) {
    this.#lagMs = lagMs;
    this.periodMs = Math.min(LONGEST_PERIOD_MS, Math.max(SHORTEST_PERIOD_MS, lagMs / LOOKS));
    this.#lastLook = now;
  }

  /** Whether the request at hand comes too late, and is to be turned away. */
  isLate(now: number): boolean {
    if (this.#lagAt(now) <= (this.#isShedding ? this.#lagMs / 2 : this.#lagMs)) return false;
    this.#isShedding = true;
    this.#hasShed = true;
    return true;
  }

  /** A connection was accepted, and none in the pass before. */
  beginQueue(now: number): void {
    this.#queueBegan = now;
  }

  /** A pass has found no connection to accept. */
  endQueue(): void {
    this.#queueBegan = Number.POSITIVE_INFINITY;
  }

  /** The loop has come round. */
  look(now: number): void {
    if (!this.#hasShed && this.#lagAt(now) <= this.#lagMs / 2) this.#isShedding = false;
    this.#hasShed = false;
    this.#lastLook = now;
  }

  #lagAt(now: number): number {
    return Math.max(now - this.#lastLook - this.periodMs, now - this.#queueBegan);
  }
}
