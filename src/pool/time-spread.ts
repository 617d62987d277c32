/** How times are spread, in milliseconds. Each is right to 10 %. */
export interface TimeQuantiles {
  /** How many were measured. */
  readonly count: number;
  readonly mean: number;
  /** Half of them took no longer. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The shortest time that is told from 0, in milliseconds: a microsecond. */
const LEAST_MS = 0.001;
/** Each bucket reaches a tenth further than the one before; those of an hour come last. */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
const BUCKETS = Math.ceil(Math.log(3_600_000 / LEAST_MS) / LOG_GROWTH) + 1;

/** A histogram of times: any number of them in two kilobytes. */
export class TimeSpread {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #max = 0;

  /**
   * Notes a time.
   * @param ms in milliseconds, 0 or more
   */
  note(ms: number): void {
    const bucket = ms <= LEAST_MS ? 0 : Math.ceil(Math.log(ms / LEAST_MS) / LOG_GROWTH);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += ms;
    if (ms > this.#max) this.#max = ms;
  }

  /** What has been noted so far; all zero where nothing was. */
  read(): TimeQuantiles {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    const [p50, p90, p99] = [this.#quantile(0.5), this.#quantile(0.9), this.#quantile(0.99)];
    return { count: this.#count, mean, p50, p90, p99, max: this.#max };
  }

  #quantile(part: number): number {
    let rest = part * this.#count;
    for (const [at, count] of this.#counts.entries()) {
      rest -= count;
      if (rest <= 0 && count > 0) return Math.min(this.#max, LEAST_MS * GROWTH ** at);
    }
    return 0;
  }
}
