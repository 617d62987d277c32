import type { JobRunner } from '#pool/job-runner.ts';
import type { JobStream } from '#pool/job-stream.ts';
import { ThreadPool } from '#pool/thread-pool.ts';
import type { Settings } from './serve-options.ts';

/** A pool that has no thread before its first job. */
export class LazyPool {
  readonly #settings: Settings;
  readonly #tasks: URL | undefined;
  #pool: ThreadPool | undefined;

  /**
   * @param settings how many threads it may have
   * @param tasks the module of its jobs
   */
  constructor(settings: Settings, tasks: URL | undefined) {
    this.#settings = settings;
    this.#tasks = tasks;
  }

  /** As of a pool that is there. */
  readonly execute: JobRunner['execute'] = (...args: unknown[]) =>
    Reflect.apply(this.#start().execute, this.#pool, args) as Promise<never>;

  /** As of a pool that is there. */
  readonly stream: JobRunner['stream'] = (...args: unknown[]) =>
    Reflect.apply(this.#start().stream, this.#pool, args) as JobStream<never, never>;

  #start(): ThreadPool {
    const { poolThreads, poolQueue } = this.#settings;
    this.#pool ??= new ThreadPool({
      maxQueue: poolQueue || Number.POSITIVE_INFINITY,
      ...(poolThreads === 'auto' ? {} : { size: poolThreads }),
      ...(this.#tasks === undefined ? {} : { tasks: this.#tasks }),
    });
    return this.#pool;
  }

  /** Resolves when its jobs are finished; at once where it never had one. */
  close(): Promise<void> {
    return this.#pool?.close() ?? Promise.resolve();
  }
}
