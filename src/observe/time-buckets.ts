/**
 * The upper bounds of the buckets that times are counted in, in seconds, rising; one more bucket holds what is longer.
 * From a cached answer to a long report: each bound is two or two and a half times the one before.
 */
export const TIME_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How many buckets there are. */
export const TIME_BUCKETS: number = TIME_BOUNDS.length + 1;

/**
 * Which bucket a time belongs to, from 0; the bound itself is still inside.
 * @param seconds 0 or more
 */
export function bucketOf(seconds: number): number {
  let bucket = 0;
  while (bucket < TIME_BOUNDS.length && seconds > (TIME_BOUNDS[bucket] as number)) bucket += 1;
  return bucket;
}

/**
 * The time that a part of all times do not exceed, as far as buckets tell: within one, they are taken to be spread evenly.
 * @param counts how many are in each bucket
 * @param part such as 0.99
 * @returns in seconds; `undefined` where there are none; the last bound for what is longer
 */
export function quantileOf(counts: readonly number[], part: number): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all <= 0) return undefined;
  let wanted = all * part;
  for (const [bucket, bound] of TIME_BOUNDS.entries()) {
    const count = counts[bucket] ?? 0;
    const lower = TIME_BOUNDS[bucket - 1] ?? 0;
    if (wanted <= count && count > 0) return lower + (bound - lower) * (wanted / count);
    wanted -= count;
  }
  return TIME_BOUNDS.at(-1);
}
