import { formatHttpDate } from '#semantics/http-date.ts';

/**
 * The time, read once for all that happens in one turn: a request needs it for its deadlines and its `Date`, and
 * reading the clock or formatting a date for each would be felt.
 */
export class Clock {
  /** Milliseconds on the monotonic clock, as of the last {@link update}. */
  now: number = performance.now();
  /** The value of `Date` (RFC9110§6.6.1), as of the last {@link update}. */
  date = '';
  /** Milliseconds since 1970, as of the last {@link update}. */
  time = 0;
  #second = -1;

  constructor() {
    this.update();
  }

  /** Reads the monotonic clock alone: within a turn, where it matters how long something took. */
  tick(): void {
    this.now = performance.now();
  }

  /** Reads the clock; called at the start of each turn of a connection. */
  update(): void {
    this.now = performance.now();
    this.time = Date.now();
    const second = Math.floor(this.time / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.date = formatHttpDate(this.time);
  }
}
