import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** How times are spread, in milliseconds. Each is right to 1 %. */
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

/** Node counts whole numbers: here microseconds, up to an hour. */
const UNIT_MS = 0.001;
const MOST_MS = 3_600_000;

/** A histogram of times. */
export class TimeSpread {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: MOST_MS / UNIT_MS,
    figures: 2,
  });

  /**
   * Notes a time.
   * @param ms in milliseconds, 0 or more
   */
  note(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(Math.min(ms, MOST_MS) / UNIT_MS)));
  }

  /** What has been noted so far; all zero where nothing was. */
  read(): TimeQuantiles {
    const histogram = this.#histogram;
    if (histogram.count === 0) return { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    const quantile = (percent: number): number => histogram.percentile(percent) * UNIT_MS;
    return {
      count: histogram.count,
      mean: histogram.mean * UNIT_MS,
      ...{ p50: quantile(50), p90: quantile(90), p99: quantile(99) },
      max: histogram.max * UNIT_MS,
    };
  }
}
