import type {
  ArgsOf,
  ExecuteOptions,
  ItemIn,
  ItemOf,
  Job,
  JobRunner,
  Names,
  Rest,
  ResultOf,
  ReturnIn,
  ReturnOf,
  StreamJob,
  StreamOptions,
} from './job-runner.ts';
import { JobSender } from './job-sender.ts';
import type { JobStream } from './job-stream.ts';
import { PoolEmitter, type PoolEvents } from './pool-events.ts';
import { type PoolOptions, type PoolStats, readPoolOptions } from './pool-options.ts';
import { PoolThreads } from './pool-threads.ts';

/**
 * A fixed number of worker threads and one queue of jobs: an idle worker takes the job that has waited longest.
 *
 * JavaScript runs one thing at a time: a function that computes for a second holds up everything else in its thread
 * for that second. A pool runs such functions, *jobs*, on threads of their own, where they may block as long as they
 * like. Each worker runs one job at a time, so as many jobs run side by side as the pool has workers, and the next
 * one waits.
 *
 * **Jobs.** Name a function that the *tasks module* exports, or pass a function itself:
 *
 * ```ts
 * // tasks.ts: every exported function is a job
 * export function fibonacci(n: number): number {
 *   return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
 * }
 *
 * // main.ts
 * import { ThreadPool } from 'heddle';
 *
 * await using pool = new ThreadPool<typeof import('./tasks.ts')>({
 *   tasks: new URL('./tasks.ts', import.meta.url),
 *   size: 4,
 * });
 * const results = await Promise.all([pool.execute('fibonacci', [40]), pool.execute('fibonacci', [41])]);
 * ```
 *
 * A function that is passed is sent to the worker as source text, so it can use its arguments and global names and
 * nothing else: no variable from around it, no import of its file.
 *
 * ```ts
 * const pool = new ThreadPool(4);
 * const sum = await pool.execute((a: number, b: number) => a + b, [2, 3]); // 5
 * ```
 *
 * Arguments and results cross threads as copies (the structured clone of `postMessage`): plain data, typed arrays,
 * maps, dates; no functions. Arguments are copied when a worker takes the job, which may be later than the call.
 * A `SharedArrayBuffer` is shared; what is listed in `transfer` is moved. A job may be `async`: its worker is busy
 * until the promise settles.
 *
 * **When things go wrong.** {@link ThreadPool.execute} returns a promise, and a job that throws rejects it with the
 * error it threw: name, message, stack, code and cause. A job that takes its worker down (`process.exit()`, an
 * exhausted heap) rejects with `ERR_HEDDLE_POOL_WORKER_DIED` and a new worker takes the place. The pool keeps its
 * size; other jobs do not notice.
 *
 * **The end.** {@link ThreadPool.close} lets all jobs finish, those that wait included, and then ends the workers one
 * by one; with `await using` that happens by itself. A pool that is idle does not keep the process alive, so a
 * program that forgets to close it ends all the same.
 *
 * @typeParam Jobs the type of the tasks module, `typeof import('./tasks.ts')`: names, arguments and results are then
 *   checked by the compiler
 */
export class ThreadPool<Jobs extends object = Record<never, never>>
  implements JobRunner<Jobs>, AsyncDisposable
{
  readonly #size: number;
  readonly #madeAt = performance.now();
  readonly #events = new PoolEmitter();
  readonly #threads: PoolThreads;
  readonly #sender: JobSender<Jobs>;
  #closing: Promise<void> | undefined;

  /**
   * Makes a pool and starts its workers. Jobs may be given to it at once.
   * @param size how many workers, a whole number from 1 to 1024
   * @throws HeddleError `ERR_HEDDLE_POOL_SIZE` for any other size
   */
  constructor(size: number);
  /**
   * Makes a pool and starts its workers. Jobs may be given to it at once.
   * @param options see {@link PoolOptions}; all have defaults
   * @throws HeddleError `ERR_HEDDLE_POOL_SIZE` for a size that is no whole number from 1 to 1024;
   *   `ERR_HEDDLE_POOL_OPTION` for another option with a value it cannot have
   */
  constructor(options?: PoolOptions);
  constructor(options?: number | PoolOptions) {
    const { size, tasks, maxQueue, abortGraceMs, nice, min, resourceLimits, env } = readPoolOptions(options);
    this.#size = size;
    this.#threads = new PoolThreads({
      ...{ size, tasks, nice, min, resourceLimits, env },
      onDisconnect: (worker) => this.#events.emit('disconnect', { worker }),
      onShutdown: (worker) => this.#events.emit('shutdown', { worker }),
    });
    // This thread is the only one with jobs; in a server there are several, and nothing else is different.
    const seat = this.#threads.connect(0, {
      deliver: (link) => this.#sender.attach(link),
      workerGone: (worker, reason) => this.#sender.detach(worker, reason),
      failed: (error) => this.#sender.fail(error),
    });
    this.#sender = new JobSender<Jobs>(seat, {
      maxQueue,
      abortGraceMs,
      ...(min < size ? { onShort: () => this.#threads.startAnother() } : {}),
      onCondemned: () => this.#threads.replaceCondemned(),
      onJob: (worker, name) => this.#events.emit('job', { worker, name }),
      onDone: (worker, name) => this.#events.emit('done', { worker, name }),
    });
    this.#threads.start();
  }

  /**
   * Runs a function that the tasks module exports on an idle worker, or queues it for the next one.
   *
   * @param name the name of the export
   * @param rest its arguments as an array (to be left out where it takes none), then {@link ExecuteOptions}: `signal`
   *   to give the job up, `timeoutMs` to limit how long it runs, `transfer` to move arguments instead of copying them
   * @returns what the job returns, awaited. Rejects with what the job throws, with the reason of the `signal`, or
   *   with one of these codes:
   *   - `ERR_HEDDLE_POOL_NO_SUCH_JOB`: the tasks module exports no function of this name
   *   - `ERR_HEDDLE_POOL_NOT_CLONEABLE`: the arguments or the result cannot be copied to another thread
   *   - `ERR_HEDDLE_POOL_WORKER_DIED`: the worker ended while it had the job; `cause` says how
   *   - `ERR_HEDDLE_POOL_JOB_TIMEOUT`: it ran for longer than `timeoutMs`
   *   - `ERR_HEDDLE_POOL_QUEUE_FULL`: `maxQueue` jobs are waiting already
   *   - `ERR_HEDDLE_POOL_CLOSED`: the pool is closed
   *   - `ERR_HEDDLE_POOL_ABORTED`: the pool was aborted
   *   - `ERR_HEDDLE_POOL_NO_WORKERS`: no worker can be started; `cause` says why
   *   - `ERR_HEDDLE_POOL_OPTION`: an option has a value it cannot have
   *
   *   If the tasks module cannot be loaded, every job rejects with the error of its import.
   *
   * @example
   * const page = await pool.execute('render', [{ title: 'Hello' }], { timeoutMs: 2_000 });
   */
  execute<N extends Names<Jobs, Job>>(
    name: N,
    ...rest: Rest<ArgsOf<Jobs[N]>, ExecuteOptions>
  ): Promise<ResultOf<Jobs[N]>>;
  /**
   * Runs a self-contained function without arguments.
   *
   * @param job the function, sent as source text: it may use global names only
   * @param args none
   * @param options as for a named job
   * @returns as for a named job; in addition it rejects with `ERR_HEDDLE_POOL_JOB_SOURCE` for a method, a bound
   *   function or a class, and with a `ReferenceError` that says so where the job uses a name from around it
   *
   * @example
   * const host = await pool.execute(async () => (await import('node:os')).hostname());
   */
  execute<R>(job: () => R, args?: readonly [], options?: ExecuteOptions): Promise<Awaited<R>>;
  /**
   * Runs a self-contained function.
   *
   * @param job the function, sent as source text: it may use its arguments and global names only
   * @param args its arguments
   * @param options as for a named job
   * @returns as for a function without arguments
   *
   * @example
   * const sum = await pool.execute((a: number, b: number) => a + b, [2, 3]);
   */
  execute<A extends readonly unknown[] | [], R>(
    job: (...args: A) => R,
    args: A,
    options?: ExecuteOptions,
  ): Promise<Awaited<R>>;
  execute(job: string | Job, args?: readonly unknown[], options?: ExecuteOptions): Promise<unknown> {
    return this.#sender.execute(job as never, args as never, options);
  }

  /**
   * Runs a generator that the tasks module exports, and reads its items as they come. The worker is never more than 16
   * items ahead of who reads, waits where it is, and is the generator's until that has ended. Who stops reading (`break`)
   * ends the generator, with its `finally` blocks.
   *
   * @param name the name of the export: a generator (`function*`, `async function*`), or a function that returns something
   *   to iterate over
   * @param rest its arguments as an array, then options as for {@link ThreadPool.execute}
   * @returns the items, to be read once. Reading rejects with what {@link ThreadPool.execute} would reject with
   *
   * @example
   * for await (const row of pool.stream('rows', ['report.csv'])) console.log(row);
   */
  stream<N extends Names<Jobs, StreamJob>>(
    name: N,
    ...rest: Rest<ArgsOf<Jobs[N]>, StreamOptions>
  ): JobStream<ItemOf<Jobs[N]>, ReturnOf<Jobs[N]>>;
  /**
   * Runs a self-contained generator.
   *
   * @param job the generator function, sent as source text
   * @param args its arguments
   * @param options as for a named one
   * @returns as for a named one
   *
   * @example
   * const squares = pool.stream(function* (to: number) { for (let n = 1; n <= to; n += 1) yield n * n; }, [10]);
   */
  stream<A extends readonly unknown[] | [], G>(
    job: (...args: A) => G,
    args: A,
    options?: StreamOptions,
  ): JobStream<ItemIn<G>, ReturnIn<G>>;
  stream(job: string | Job, args?: readonly unknown[], options?: StreamOptions): JobStream<unknown, unknown> {
    return this.#sender.stream(job as never, args as never, options);
  }

  /**
   * Waits for room in the queue (`maxQueue`). For work that comes from a file or another source that can wait: jobs that are
   * given without waiting fill the queue, and then reject.
   * @returns resolves when one more job can be given, at once where there is room
   *
   * @example
   * for await (const line of lines) {
   *   await pool.room();
   *   results.push(pool.execute('parse', [line]));
   * }
   */
  room(): Promise<void> {
    return this.#sender.room();
  }

  /**
   * Closes the pool: it takes no more jobs, finishes those it has, waiting ones included, then ends its workers and
   * waits for each. Calling it again returns the same promise.
   * @returns resolves when the last worker has ended; never rejects
   */
  close(): Promise<void> {
    this.#closing ??= this.#sender.close().then(() => this.#threads.close());
    return this.#closing;
  }

  /**
   * Ends the pool at once: all jobs reject, running ones included, and the workers are stopped where they stand.
   * @param reason what the jobs reject with
   * @returns resolves when the last worker has ended, or two seconds later where native code holds one; never rejects
   */
  abort(reason?: unknown): Promise<void> {
    // Jobs first: stopped threads would make them reject with the death of their worker.
    this.#sender.abort(reason);
    return this.#threads.terminate();
  }

  /** Closes the pool at the end of an `await using` block, see {@link ThreadPool.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What the pool has done and is doing: a new object at each reading. */
  get stats(): PoolStats {
    const { stats } = this.#sender;
    const lifeMs = this.#size * (performance.now() - this.#madeAt);
    const utilisation = stats.busyMs === 0 ? 0 : Math.min(1, stats.busyMs / lifeMs);
    return { size: this.#size, utilisation, ...stats };
  }

  /**
   * Calls a listener with each event of a kind.
   * @param event `job`, `done`, `disconnect` or `shutdown`, see {@link PoolEvents}
   * @param listener called with the event's detail; what it throws is an uncaught exception
   * @returns this pool
   *
   * @example
   * pool
   *   .on('job', ({ worker }) => console.log(`Worker ${worker} got a job; executing.`))
   *   .on('shutdown', ({ worker }) => console.log(`Shutting down worker ${worker}`))
   *   .on('disconnect', ({ worker }) => console.log(`Worker ${worker} disconnected; shutting down.`));
   */
  on<E extends keyof PoolEvents>(event: E, listener: (event: PoolEvents[E]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  /**
   * Takes a listener away.
   * @param event what it listens to
   * @param listener the function that was given to {@link ThreadPool.on}
   * @returns this pool
   */
  off<E extends keyof PoolEvents>(event: E, listener: (event: PoolEvents[E]) => void): this {
    this.#events.off(event, listener);
    return this;
  }
}
