import { asError } from '#threads/packed-error.ts';
import { noSuchJob, sourceRefused } from './pool-errors.ts';
import type { JobOrder } from './pool-messages.ts';

/**
 * What tells a job from others: exports have names, and functions that are sent may all be anonymous.
 * @param order the job
 */
export function kindOf(order: JobOrder): string {
  return order.kind === 'named' ? order.name : order.source;
}

/** A job as a worker calls it. */
export type JobFunction = (...args: readonly unknown[]) => unknown;

/** Functions that are made anew for each call would fill the memory of a worker; the oldest goes. */
const MAX_COMPILED = 1000;

/** The jobs one worker knows: the exports of its tasks module, and the functions it was sent as source. */
export class JobCatalog {
  /** Why the tasks module could not be loaded. Every job then fails with it. */
  readonly failure: Error | undefined;
  readonly #url: string | undefined;
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #compiled = new Map<string, JobFunction>();

  private constructor(url: string | undefined, exports: Readonly<Record<string, unknown>>, failure?: Error) {
    this.#url = url;
    this.#exports = exports;
    this.failure = failure;
  }

  /**
   * Imports the tasks module. Never rejects: a failure is told to every caller of a job, who can do something about
   * it, rather than ending the worker over and over.
   * @param url the tasks module's; `undefined` for none
   */
  static async load(url: string | undefined): Promise<JobCatalog> {
    if (url === undefined) return new JobCatalog(url, {});
    try {
      return new JobCatalog(url, await import(url));
    } catch (error) {
      return new JobCatalog(url, {}, asError(error));
    }
  }

  /**
   * The function to call.
   * @throws HeddleError `ERR_HEDDLE_POOL_NO_SUCH_JOB`, `ERR_HEDDLE_POOL_JOB_SOURCE`; the error of the tasks module
   */
  find(order: JobOrder): JobFunction {
    if (this.failure !== undefined) throw this.failure;
    if (order.kind === 'source') return this.#compiled.get(order.source) ?? this.#compile(order.source);
    // Only what the module itself exports: 'constructor' or 'then' is no job.
    const job = Object.hasOwn(this.#exports, order.name) ? this.#exports[order.name] : undefined;
    if (typeof job === 'function') return job as JobFunction;
    const names = Object.keys(this.#exports).filter((name) => typeof this.#exports[name] === 'function');
    throw noSuchJob(order.name, this.#url, names);
  }

  #compile(source: string): JobFunction {
    let job: unknown;
    try {
      // Modules are strict; so is what was cut out of one.
      job = new Function(`'use strict'; return (${source}\n);`)();
    } catch (error) {
      throw sourceRefused(source, error);
    }
    if (typeof job !== 'function') throw sourceRefused(source, undefined);
    if (this.#compiled.size >= MAX_COMPILED) {
      for (const oldest of this.#compiled.keys()) {
        this.#compiled.delete(oldest);
        break;
      }
    }
    this.#compiled.set(source, job as JobFunction);
    return job as JobFunction;
  }
}

/**
 * Says what is behind a `ReferenceError` of a job that was sent as source: nearly always a name from around it.
 * @param order the job
 * @param thrown what it threw; handed back, with a longer message if it is such an error
 */
export function explainClosure(order: JobOrder, thrown: unknown): unknown {
  if (order.kind !== 'source' || !(thrown instanceof ReferenceError)) return thrown;
  const { message, stack } = thrown;
  thrown.message =
    `${message}. A job may not close over anything: it is sent to another thread as source text, without what stands ` +
    'around it. Pass the value as an argument, import() it inside the job, or export the job from the tasks module.';
  if (stack !== undefined) thrown.stack = stack.replace(message, () => thrown.message);
  return thrown;
}
