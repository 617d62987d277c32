import type { ResourceLimits } from 'node:worker_threads';

/** The least heap that a thread can be given, in MiB: Node and heddle themselves take about 8. */
export const LEAST_HEAP_MB = 16;

/** More young generation than that makes collections no rarer that matter, but takes from the old one. */
const MOST_YOUNG_MB = 16;
const YOUNG_SHARE = 8;
/** V8 reserves so many times the young generation that it is told: three semi-spaces rather than two. */
export const YOUNG_RESERVE = 1.5;

/**
 * The limits that give a thread a heap of so many MiB in all. Both generations: with the old one alone V8 adds a
 * young one of its own choosing, and a limit of 128 becomes 224.
 * @param totalMb from {@link LEAST_HEAP_MB} up; 0: Node's own limit
 */
export function heapLimits(totalMb: number): ResourceLimits | undefined {
  if (totalMb === 0) return undefined;
  const young = Math.min(MOST_YOUNG_MB, 2 ** Math.floor(Math.log2(totalMb / YOUNG_SHARE)));
  return { maxYoungGenerationSizeMb: young, maxOldGenerationSizeMb: totalMb - young * YOUNG_RESERVE };
}

const OVERRIDING =
  /^--max[-_](?:old[-_]space[-_]size(?:[-_]percentage)?|semi[-_]space[-_]size|heap[-_]size)(?:=|$)/;

/**
 * The flags that decide over the limits of {@link heapLimits}: V8 takes those of the process before those of a
 * thread.
 * @param flags the process's own, `process.execArgv`
 * @param nodeOptions the environment variable `NODE_OPTIONS`
 * @returns each as it was given
 */
export function overridingHeapFlags(flags: readonly string[], nodeOptions: string | undefined): string[] {
  return [...flags, ...(nodeOptions ?? '').split(/\s+/)].filter((flag) => OVERRIDING.test(flag));
}
