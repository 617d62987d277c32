import { HeddleError } from '#observe/heddle-error.ts';
import { heapLimits } from '#threads/heap-limits.ts';
import { ManagedThread } from '#threads/managed-thread.ts';
import type { CheckLaunch } from './check-thread.ts';
import { importError } from './import-error.ts';

/** How a module is loaded for a trial. */
export interface Trial extends CheckLaunch {
  /** How long that may take, in milliseconds. */
  readonly startMs: number;
  /** The heap of each thread, in MiB; 0: Node's own limit. */
  readonly heapMb: number;
}

/** What became of a trial. */
export interface TrialOutcome<Found> {
  /** What the first thread that could load the module found it to be. */
  readonly found: Found | undefined;
  /** The errors of those that could not; one where all say the same. */
  readonly errors: readonly Error[];
  /** Whether one thread could, and another could not. */
  readonly isDivided: boolean;
  /** How long the slowest took, in milliseconds. */
  readonly loadMs: number;
}

/** So many threads load it at the same time: what works in one may refuse a second. */
const THREADS = 2;
/** Whatever it holds open ends with it. */
const END_MS = 2_000;

/**
 * Loads a module in two threads at once, as a server of two threads would, and ends them.
 * @param trial what to load and how
 */
export async function tryLoad<Found>({ startMs, heapMb, ...launch }: Trial): Promise<TrialOutcome<Found>> {
  const begin = performance.now();
  const threads = Array.from(
    { length: THREADS },
    (_, index) =>
      new ManagedThread({
        ...{ kind: 'check', index, keepAlive: true },
        entry: new URL(import.meta.resolve('#server/check-thread.ts')),
        workerData: launch satisfies CheckLaunch,
        resourceLimits: heapLimits(heapMb),
        ...{ startTimeoutMs: startMs, drainTimeoutMs: END_MS, terminateTimeoutMs: END_MS },
      }),
  );
  const results = await Promise.allSettled(threads.map((thread) => thread.ready));
  const loadMs = performance.now() - begin;
  await Promise.all(threads.map((thread) => thread.terminate()));
  const found = results.find((result) => result.status === 'fulfilled');
  const failed = results.filter((result) => result.status === 'rejected');
  const errors = failed.map(({ reason }) => inWordsOfTrial(reason as Error, launch, startMs));
  return {
    found: found?.value as Found | undefined,
    errors: errors.filter(({ message }, at) => at === errors.findIndex((other) => other.message === message)),
    isDivided: found !== undefined && failed.length > 0,
    loadMs,
  };
}

/** What a thread is called there says nothing to whoever asked for the check. */
function inWordsOfTrial(error: Error, { module }: CheckLaunch, startMs: number): Error {
  const code = 'code' in error ? error.code : undefined;
  const name = decodeURIComponent(new URL(module).pathname);
  if (code === 'ERR_HEDDLE_THREAD_START_TIMEOUT')
    return new HeddleError(
      'ERR_HEDDLE_THREAD_START_TIMEOUT',
      `${name} was not loaded within ${startMs / 1000} s. Look for a top-level await that never settles, or a loop without end; ` +
        '--start-timeout waits longer.',
    );
  if (code === 'ERR_HEDDLE_THREAD_EXITED')
    return new HeddleError(
      'ERR_HEDDLE_THREAD_EXITED',
      `${name} ended its thread while it was loaded. Look for a call of process.exit() in it and in what it imports.`,
    );
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new HeddleError(
      'ERR_HEDDLE_APP_IMPORT',
      `${name} needs more heap to be loaded than a thread has. Give --thread-memory, or load less.`,
    );
  // What the thread died of while it was loading, such as a rejection that nobody handles, is as it was thrown.
  return String(code).startsWith('ERR_HEDDLE_') ? error : importError(error, new URL(module));
}
