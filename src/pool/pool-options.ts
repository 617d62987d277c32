import { availableParallelism } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { poolOptionRefused, poolSizeRefused } from './pool-errors.ts';

/** How a {@link ThreadPool} is made. */
export interface PoolOptions {
  /**
   * How many worker threads, a whole number from 1 to 1024.
   * @default the number of CPUs, at least 4: jobs may block, so even one core is given several
   */
  readonly size?: number;
  /** The module whose exported functions are the jobs, such as `new URL('./tasks.ts', import.meta.url)`. */
  readonly tasks?: URL;
  /**
   * How many jobs may wait, 1 or more, `Infinity` for no limit. Without one, jobs that come faster than they are
   * done fill the memory.
   * @default 10000
   */
  readonly maxQueue?: number;
  /** Limits of each worker's heap, as `node:worker_threads` takes them. @default those of Node */
  readonly resourceLimits?: ResourceLimits;
}

/** The options, checked and complete. */
export interface PoolConfig {
  readonly size: number;
  readonly tasks: URL | undefined;
  readonly maxQueue: number;
  readonly resourceLimits: ResourceLimits | undefined;
}

/** What a pool has done and is doing. */
export interface PoolStats {
  /** How many worker threads it has. */
  readonly size: number;
  /** Jobs that wait for a worker. */
  readonly queued: number;
  /** Jobs that run. */
  readonly running: number;
  /** Jobs that resolved. */
  readonly completed: number;
  /** Jobs that rejected, for whatever reason. */
  readonly failed: number;
}

/** More threads than this are a mistake in a figure, not a wish. */
export const MAX_POOL_SIZE = 1024;

/** How many jobs may wait, unless said otherwise. */
export const DEFAULT_MAX_QUEUE = 10_000;

/**
 * Checks the options and fills in the defaults.
 * @param options the options, or the size alone
 * @throws HeddleError `ERR_HEDDLE_POOL_SIZE`, `ERR_HEDDLE_POOL_OPTION`
 */
export function readPoolOptions(options: number | PoolOptions = {}): PoolConfig {
  const given: PoolOptions = typeof options === 'object' && options !== null ? options : { size: options };
  const { size = Math.max(4, availableParallelism()), tasks, resourceLimits } = given;
  const { maxQueue = DEFAULT_MAX_QUEUE } = given;
  checkPoolSize(size);
  checkMaxQueue(maxQueue);
  if (tasks !== undefined && !(tasks instanceof URL)) {
    throw poolOptionRefused('tasks', tasks, "a URL, such as new URL('./tasks.ts', import.meta.url)");
  }
  return Object.freeze({ size, tasks, maxQueue, resourceLimits });
}

/**
 * @param size the number of pool threads wished for
 * @throws HeddleError `ERR_HEDDLE_POOL_SIZE` for what is no whole number from 1 to 1024
 */
export function checkPoolSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > MAX_POOL_SIZE) throw poolSizeRefused(size, MAX_POOL_SIZE);
}

/**
 * @param maxQueue how many jobs may wait
 * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what is neither a whole number from 1 nor `Infinity`
 */
export function checkMaxQueue(maxQueue: number): void {
  if (maxQueue === Number.POSITIVE_INFINITY) return;
  if (!Number.isInteger(maxQueue) || maxQueue < 1) {
    throw poolOptionRefused('maxQueue', maxQueue, 'a whole number from 1, or Infinity');
  }
}

/**
 * @param timeoutMs how long a job may run
 * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what no timer can measure
 */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (!(timeoutMs >= 1 && timeoutMs <= 0x7fffffff)) {
    throw poolOptionRefused('timeoutMs', timeoutMs, 'milliseconds from 1 to 2147483647');
  }
}
