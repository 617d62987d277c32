/** How slowly a body may come. */
export interface PaceSettings {
  /** The longest wait for the next bytes, in milliseconds. */
  readonly bodyIdleMs: number;
  /** The least average rate, in bytes a second, once the grace is over. */
  readonly minBodyBytesPerSecond: number;
  /** How long the rate is not looked at, in milliseconds. */
  readonly bodyGraceMs: number;
}

/**
 * By when the next bytes of a body must come: the idle limit, or sooner where the average would fall below the
 * least rate. Only time in which the handler waits for bytes counts; a handler that takes its time costs the peer
 * nothing. A peer that sends one byte every 29 seconds would else hold a request open for years.
 */
export class BodyPace {
  readonly #settings: PaceSettings;
  #bytes = 0;
  #lastBytesAt = 0;
  #waitedMs = 0;
  #waitingSince: number | undefined;

  /** @param settings the limits */
  constructor(settings: PaceSettings) {
    this.#settings = settings;
  }

  /**
   * Bytes came.
   * @param now in milliseconds
   */
  count(bytes: number, now: number): void {
    this.#bytes += bytes;
    this.#lastBytesAt = now;
  }

  /**
   * The handler waits for bytes. Asking again does not move the deadline; only bytes do.
   * @param now in milliseconds
   * @returns the deadline for the next bytes
   */
  wait(now: number): number {
    this.#waitingSince ??= now;
    const { bodyIdleMs, bodyGraceMs, minBodyBytesPerSecond } = this.#settings;
    const allowedMs = bodyGraceMs + (this.#bytes / minBodyBytesPerSecond) * 1000;
    return Math.min(
      Math.max(this.#waitingSince, this.#lastBytesAt) + bodyIdleMs,
      this.#waitingSince + allowedMs - this.#waitedMs,
    );
  }

  /**
   * The handler does not wait for bytes (any more).
   * @param now in milliseconds
   */
  rest(now: number): void {
    if (this.#waitingSince === undefined) return;
    this.#waitedMs += now - this.#waitingSince;
    this.#waitingSince = undefined;
  }
}
