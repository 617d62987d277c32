import type { ManagedThread } from './managed-thread.ts';
import { type DeathRecord, NO_DEATHS } from './restart-policy.ts';

/** One place of the set: the thread that holds it now and what became of those before. */
export interface Place {
  /** Holds it now. */
  thread: ManagedThread | undefined;
  /** Is starting to replace it. */
  successor: ManagedThread | undefined;
  /** Was replaced and is draining. */
  retiring: ManagedThread | undefined;
  /** When its thread became ready, by `performance.now()`; `undefined` while it is not. */
  readyAt: number | undefined;
  /** Of the threads that held it. */
  deaths: DeathRecord;
  /** The first error by which a thread of this place ended; tells that one did. */
  firstError: Error | undefined;
  /** Of the next start. */
  restartTimer: NodeJS.Timeout | undefined;
  /** What is known of it. */
  state: 'empty' | 'running' | 'waiting' | 'given-up';
}

/** A place that no thread has held yet. */
export function emptyPlace(): Place {
  return {
    thread: undefined,
    successor: undefined,
    retiring: undefined,
    readyAt: undefined,
    deaths: NO_DEATHS,
    firstError: undefined,
    restartTimer: undefined,
    state: 'empty',
  };
}
