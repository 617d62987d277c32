/** A job that has not run yet could take any time. */
const UNKNOWN_MS = Number.POSITIVE_INFINITY;
/** How much of the longest time is left after another job: some hundred short jobs forget a long one. */
const FADING = 0.98;
/** Jobs that are made anew for each call have names without number; their times say nothing of the next. */
const MOST_NAMES = 1000;

/**
 * How long the jobs of each name have taken of late, at most. The longest counts and not the mean: with one long job in a
 * hundred, whoever is sent behind it waits, however short the others are.
 */
export class JobPace {
  readonly #longestMs = new Map<string, number>();

  /**
   * What the next job of this name is to be expected to take at most, in milliseconds; Infinity for an unknown one.
   * @param name of the job
   */
  expectedMs(name: string): number {
    return this.#longestMs.get(name) ?? UNKNOWN_MS;
  }

  /**
   * Notes how long one took.
   * @param name of the job
   * @param ms in milliseconds
   */
  note(name: string, ms: number): void {
    const before = this.#longestMs.get(name);
    if (before === undefined && this.#longestMs.size >= MOST_NAMES) this.#longestMs.clear();
    this.#longestMs.set(name, Math.max(ms, (before ?? 0) * FADING));
  }
}
