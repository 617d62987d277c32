import { quantileOf, TIME_BUCKETS } from '#observe/time-buckets.ts';
import type { EventLoopUtilization, ManagedThread } from '#threads/managed-thread.ts';
import { COUNTED_CODES, COUNTED_METHODS, COUNTS, endedSlot, REFUSAL_CODES } from './count-slots.ts';
import type { LivePoint, LiveTotals } from './live-snapshot.ts';
import { endedOf } from './process-counts.ts';
import type { MetricsSource } from './process-metrics.ts';

/** Quantiles of the last so many looks are told together: of one second there may be a handful of requests. */
const LOOKS = 10;

/** What a thread did between two looks. */
export interface ThreadRate {
  /** How much of the time its event loop was busy, 0 to 1. */
  readonly load: number;
  /** Requests that began. */
  readonly requests: number;
}

/** What was done between two looks, made of counts that only ever rise. */
export class LiveRates {
  readonly #source: MetricsSource;
  readonly #uses = new WeakMap<ManagedThread, EventLoopUtilization>();
  readonly #begun = new WeakMap<ManagedThread, number>();
  #rates = new WeakMap<ManagedThread, ThreadRate>();
  readonly #looks: Float64Array[] = [];
  #lookedAt = performance.now();

  /** @param source what is looked at */
  constructor(source: MetricsSource) {
    this.#source = source;
    this.#looks.push(this.counts());
  }

  /** All counts as they are now; zero where nothing is counted. */
  counts(): Float64Array {
    return this.#source.tally.counts?.read() ?? new Float64Array();
  }

  /** Looks: what was done since the last time. */
  look(): LivePoint {
    const now = performance.now();
    const seconds = Math.max((now - this.#lookedAt) / 1000, 0.001);
    this.#lookedAt = now;
    const counts = this.counts();
    const before = this.#looks.at(-1) ?? counts;
    this.#looks.push(counts);
    if (this.#looks.length > LOOKS + 1) this.#looks.shift();
    const inSight = this.#source.inSight();
    this.#rates = new WeakMap();
    for (const thread of [...inSight.server, ...inSight.pool])
      this.#rates.set(thread, this.#rate(thread, seconds));
    const totals = [totalsOf(counts), totalsOf(before)] as const;
    const rate = (of: (totals: CountedTotals) => number): number =>
      Math.round(((of(totals[0]) - of(totals[1])) / seconds) * 10) / 10;
    return {
      at: Date.now(),
      requests: rate(({ requests }) => requests),
      ...quantiles(counts, before),
      jobs: rate(({ jobs }) => jobs),
      waiting: inSight.jobsWaiting,
      busy: inSight.pool.filter(({ index }) => inSight.isBusy(index)).length,
      refused: rate(({ refusals, sheds }) => refusals + sheds),
    };
  }

  /** What a thread did up to the last look; nothing where it has come since. */
  of(thread: ManagedThread): ThreadRate {
    return this.#rates.get(thread) ?? { load: 0, requests: 0 };
  }

  /** How long requests took over the last looks, in milliseconds. */
  recent(): Pick<LivePoint, 'p50' | 'p99'> {
    const last = this.#looks.at(-1) ?? new Float64Array();
    return quantiles(last, this.#looks[0] ?? last);
  }

  #rate(thread: ManagedThread, seconds: number): ThreadRate {
    const load = thread.loopUse(this.#uses.get(thread))?.utilization ?? 0;
    const use = thread.loopUse();
    if (use !== undefined) this.#uses.set(thread, use);
    const counts = this.#source.tally.counts?.of(thread);
    let begun = 0;
    for (const method of COUNTED_METHODS.keys()) begun += counts?.get(COUNTS.begun + method) ?? 0;
    const before = this.#begun.get(thread) ?? 0;
    this.#begun.set(thread, begun);
    return { load: Math.round(load * 1000) / 1000, requests: Math.round((begun - before) / seconds) };
  }
}

/** What the counts alone add up to. */
export type CountedTotals = Omit<LiveTotals, 'deaths' | 'reloads'>;

/** @param counts by the slots of `count-slots.ts` */
export function totalsOf(counts: Float64Array): CountedTotals {
  const get = (slot: number): number => counts[slot] ?? 0;
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  const codes = COUNTED_CODES.map((code, at) => [
    code,
    sum([...COUNTED_METHODS.keys()].map((method) => get(endedSlot(method, at)))),
  ]);
  return {
    requests: sum([...COUNTED_METHODS.keys()].map((method) => endedOf(counts, method))),
    codes: Object.fromEntries(codes) as Record<string, number>,
    refusals:
      sum([...REFUSAL_CODES.keys()].map((at) => get(COUNTS.refusals + at))) + get(COUNTS.refusedInside),
    sheds: get(COUNTS.sheds) + get(COUNTS.limited),
    timeouts: get(COUNTS.timeouts),
    failures: get(COUNTS.failures),
    jobs: get(COUNTS.jobsCompleted) + get(COUNTS.jobsFailed),
  };
}

function quantiles(counts: Float64Array, before: Float64Array): Pick<LivePoint, 'p50' | 'p99'> {
  const buckets = Array.from({ length: TIME_BUCKETS }, (_, bucket) => {
    const slot = COUNTS.duration + bucket;
    return (counts[slot] ?? 0) - (before[slot] ?? 0);
  });
  const ms = (part: number): number | null => {
    const seconds = quantileOf(buckets, part);
    return seconds === undefined ? null : Math.round(seconds * 1e5) / 100;
  };
  return { p50: ms(0.5), p99: ms(0.99) };
}
