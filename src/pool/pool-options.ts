import { availableParallelism } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { poolOptionRefused, poolSizeRefused } from './pool-errors.ts';
import type { SenderStats } from './sender-options.ts';

/** How a {@link ThreadPool} is made. */
export interface PoolOptions {
  /**
   * How many worker threads, a whole number from 1 to 1024.
   * @default the number of CPUs, at least 4: jobs may block, so even one core is given several
   */
  readonly size?: number;
  /**
   * How many of them are started at once, a whole number from 0 to `size`; the others are started when jobs wait, one for
   * each turn in which some do, and stay.
   * @default size
   */
  readonly min?: number;
  /** The module whose exported functions are the jobs, such as `new URL('./tasks.ts', import.meta.url)`. */
  readonly tasks?: URL;
  /**
   * How many jobs may wait, 1 or more, `Infinity` for no limit. Without one, jobs that come faster than they are
   * done fill the memory.
   * @default 10000
   */
  readonly maxQueue?: number;
  /**
   * How long a running job that was given up (`signal`) has to end by itself, in milliseconds, before its worker is
   * replaced. 0: replaced at once.
   * @default 1000
   */
  readonly abortGraceMs?: number;
  /**
   * By how much the workers yield to other threads where all want the same cores: 0 to 19, as `nice(1)` counts. On Linux
   * alone.
   * @default 0
   */
  readonly nice?: number;
  /** Limits of each worker's heap, as `node:worker_threads` takes them. @default those of Node */
  readonly resourceLimits?: ResourceLimits;
  /** What the workers find as `process.env`. @default a copy of this process's */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The options, checked and complete. */
export interface PoolConfig {
  readonly size: number;
  readonly tasks: URL | undefined;
  readonly maxQueue: number;
  readonly abortGraceMs: number;
  readonly nice: number;
  readonly min: number;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly env: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a pool has done and is doing. */
export interface PoolStats extends SenderStats {
  /** How many worker threads it has. */
  readonly size: number;
  /**
   * The share of the time of all of them, since the pool was made, in which they ran jobs: from 0 to 1. For that of an
   * interval take `busyMs` at both its ends.
   */
  readonly utilisation: number;
}

/** More threads than this are a mistake in a figure, not a wish. */
export const MAX_POOL_SIZE = 1024;

/** How many jobs may wait, unless said otherwise. */
export const DEFAULT_MAX_QUEUE = 10_000;

/** How long a running job that was given up has to end by itself, in milliseconds, unless said otherwise. */
export const DEFAULT_ABORT_GRACE_MS = 1_000;

/**
 * Checks the options and fills in the defaults.
 * @param options the options, or the size alone
 * @throws HeddleError `ERR_HEDDLE_POOL_SIZE`, `ERR_HEDDLE_POOL_OPTION`
 */
export function readPoolOptions(options: number | PoolOptions = {}): PoolConfig {
  const given: PoolOptions = typeof options === 'object' && options !== null ? options : { size: options };
  const { size = Math.max(4, availableParallelism()), tasks, resourceLimits, env } = given;
  const { maxQueue = DEFAULT_MAX_QUEUE, abortGraceMs = DEFAULT_ABORT_GRACE_MS, nice = 0 } = given;
  checkPoolSize(size);
  checkMaxQueue(maxQueue);
  checkAbortGrace(abortGraceMs);
  checkNice(nice);
  const { min = size } = given;
  if (!Number.isInteger(min) || min < 0 || min > size) {
    throw poolOptionRefused('min', min, `a whole number from 0 to size, which is ${size}`);
  }
  if (tasks !== undefined && !(tasks instanceof URL)) {
    throw poolOptionRefused('tasks', tasks, "a URL, such as new URL('./tasks.ts', import.meta.url)");
  }
  return Object.freeze({ size, tasks, maxQueue, abortGraceMs, nice, min, resourceLimits, env });
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
 * @param priority of a job
 * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what is no whole number
 */
export function checkPriority(priority: number | undefined): void {
  if (priority === undefined || Number.isSafeInteger(priority)) return;
  throw poolOptionRefused('priority', priority, 'a whole number');
}

/**
 * @param nice by how much threads yield
 * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what is no whole number from 0 to 19
 */
export function checkNice(nice: number): void {
  if (Number.isInteger(nice) && nice >= 0 && nice <= 19) return;
  throw poolOptionRefused('nice', nice, 'a whole number from 0 to 19');
}

/**
 * @param graceMs how long a job that was given up may go on
 * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what no timer can measure
 */
export function checkAbortGrace(graceMs: number): void {
  if (graceMs >= 0 && graceMs <= 0x7fffffff) return;
  throw poolOptionRefused('abortGraceMs', graceMs, 'milliseconds from 0 to 2147483647');
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
