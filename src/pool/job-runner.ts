import type { Transferable } from 'node:worker_threads';
import type { JobStream } from './job-stream.ts';

/** Anything that can be a job: a function of cloneable arguments with a cloneable result, or a promise of one. */
export type Job = (...args: never[]) => unknown;

/** The names under which a tasks module `M` exports functions of type `J`. */
export type Names<M, J> = { [K in keyof M]: M[K] extends J ? K : never }[keyof M] & string;

/** The arguments of a job. */
export type ArgsOf<J> = J extends (...args: infer A) => unknown ? A : never;

/** What a job results in, awaited. */
export type ResultOf<J> = J extends (...args: never[]) => infer R ? Awaited<R> : never;

/** A job that yields: a generator, or a function that returns something to iterate over. */
export type StreamJob = (...args: never[]) => AnyIterable<unknown>;

type AnyIterable<T> = Iterable<T> | AsyncIterable<T> | Promise<Iterable<T> | AsyncIterable<T>>;

/** The items of what a generator job returns. */
export type ItemIn<G> =
  Awaited<G> extends AsyncIterable<infer T> ? T : Awaited<G> extends Iterable<infer T> ? T : never;

/** What a generator returns behind its last item. */
export type ReturnIn<G> =
  Awaited<G> extends AsyncGenerator<unknown, infer R>
    ? R
    : Awaited<G> extends Generator<unknown, infer R>
      ? R
      : undefined;

/** The items of a generator job. */
export type ItemOf<J> = J extends (...args: never[]) => infer G ? ItemIn<G> : never;

/** What a generator job returns behind its last item. */
export type ReturnOf<J> = J extends (...args: never[]) => infer G ? ReturnIn<G> : never;

/** What follows a job's name: its arguments may be left out only where it takes none. */
export type Rest<A extends readonly unknown[], O> = [] extends A
  ? [args?: A, options?: O]
  : [args: A, options?: O];

/** How one job is to be run. */
export interface ExecuteOptions {
  /**
   * Gives the job up when it aborts: the promise rejects with the signal's reason at once. One that waits leaves the
   * queue. One that runs is told (`currentJob()`), and has {@link PoolOptions.abortGraceMs} to end by itself; then its
   * worker is replaced, since a running thread cannot be interrupted in any other way.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the job may run, in milliseconds from 1 to 2147483647, waiting not counted. Past it the promise rejects
   * with `ERR_HEDDLE_POOL_JOB_TIMEOUT` and the worker is replaced, whatever the job is doing. (To count the waiting
   * too, give `signal: AbortSignal.timeout(ms)`.)
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * What of the arguments is moved to the worker rather than copied, such as an `ArrayBuffer`: a list, or `'large'` for
   * every buffer of 64 KiB or more that they refer to (up to three levels deep) and that is not shared. What was moved is
   * gone here. From 64 KiB on that is cheaper: 1 MiB takes 22 µs instead of 300.
   * @default none
   */
  readonly transfer?: readonly Transferable[] | 'large' | undefined;
  /** Moves the buffers of 64 KiB or more that the result refers to back here; they are gone there. @default false */
  readonly transferResult?: boolean | undefined;
  /** A whole number: jobs of a higher one start first, those of the same in the order in which they were given. @default 0 */
  readonly priority?: number | undefined;
  /** Called with what the job tells of its progress (`currentJob().progress(value)`), before its promise settles. */
  readonly onProgress?: ((value: unknown) => void) | undefined;
}

/** How a generator is to be run: its items are always copied. */
export type StreamOptions = Omit<ExecuteOptions, 'transferResult'>;

/**
 * Runs jobs on other threads: a `ThreadPool`, or the pool of a server as its app sees it.
 * @typeParam Jobs the type of the tasks module, `typeof import('./tasks.ts')`
 */
export interface JobRunner<Jobs extends object = Record<never, never>> {
  /**
   * Runs a function that the tasks module exports.
   * @param name the name of the export
   * @param rest its arguments as an array, then {@link ExecuteOptions}
   * @returns the job's result
   */
  execute<N extends Names<Jobs, Job>>(
    name: N,
    ...rest: Rest<ArgsOf<Jobs[N]>, ExecuteOptions>
  ): Promise<ResultOf<Jobs[N]>>;
  /**
   * Runs a function that uses nothing from around it.
   * @param job the function; it is sent as source text
   * @returns the job's result
   */
  execute<R>(job: () => R, args?: readonly [], options?: ExecuteOptions): Promise<Awaited<R>>;
  /**
   * Runs a function that uses nothing but its arguments.
   * @param job the function; it is sent as source text
   * @param args its arguments
   * @returns the job's result
   */
  execute<A extends readonly unknown[] | [], R>(
    job: (...args: A) => R,
    args: A,
    options?: ExecuteOptions,
  ): Promise<Awaited<R>>;
  /**
   * Runs a generator that the tasks module exports, and reads its items as they come.
   * @param name the name of the export
   * @param rest its arguments as an array, then {@link StreamOptions}
   * @returns the items; the worker is never more than 16 ahead, and its own until the generator has ended
   */
  stream<N extends Names<Jobs, StreamJob>>(
    name: N,
    ...rest: Rest<ArgsOf<Jobs[N]>, StreamOptions>
  ): JobStream<ItemOf<Jobs[N]>, ReturnOf<Jobs[N]>>;
  /**
   * Runs a generator that uses nothing but its arguments.
   * @param job the generator function; it is sent as source text
   * @param args its arguments
   * @returns as for one with a name
   */
  stream<A extends readonly unknown[] | [], G>(
    job: (...args: A) => G,
    args: A,
    options?: StreamOptions,
  ): JobStream<ItemIn<G>, ReturnIn<G>>;
}
