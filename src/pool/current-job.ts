/** The job that runs on this pool thread, as it sees itself. */
export interface CurrentJob {
  /** Aborts when the job was given up by whoever asked for it. A job that blocks its thread hears nothing: see `isGivenUp`. */
  readonly signal: AbortSignal;
  /** Whether the job was given up; up to date in the midst of a loop, too. */
  readonly isGivenUp: boolean;
  /**
   * Tells whoever listens (`onProgress`) how far it has come. Costs nothing where nobody does.
   * @param value anything that can be cloned
   */
  progress(value: unknown): void;
}

/** Where the pool thread keeps it: the module of an app may have loaded this file from another place. */
const KEY: unique symbol = Symbol.for('heddle.currentJob');

const place = globalThis as { [KEY]?: CurrentJob | undefined };

const NOBODYS_JOB: CurrentJob = Object.freeze({
  signal: new AbortController().signal,
  isGivenUp: false,
  progress: () => undefined,
});

/**
 * The job that calls this, on its pool thread. To be asked for at the beginning of a job, before its first `await`.
 *
 * Whoever gives a running job up (`signal` of `execute()`) has its answer at once; the job has `abortGraceMs` to notice and
 * come to an end by itself, which spares the pool a new thread.
 * @returns elsewhere than in a job something that is never given up and tells nobody, so that jobs can be called in tests
 *
 * @example
 * export function search(haystack: string[], needle: string): number {
 *   const job = currentJob();
 *   for (let at = 0; at < haystack.length && !job.isGivenUp; at += 1) {
 *     if (at % 1000 === 0) job.progress(at / haystack.length);
 *     if (haystack[at] === needle) return at;
 *   }
 *   return -1;
 * }
 */
export function currentJob(): CurrentJob {
  return place[KEY] ?? NOBODYS_JOB;
}

/** By the pool thread alone: what {@link currentJob} returns from now on. */
export function setCurrentJob(job: CurrentJob | undefined): void {
  place[KEY] = job;
}
