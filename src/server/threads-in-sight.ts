import type { ConnectionBoard } from '#net/connection-board.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { AfterExit } from '#threads/supervisor.ts';

/** The threads of a server as its supervisor sees them, for those who tell of them. */
export interface ThreadsInSight {
  /** How many server threads there should be; 0 before that is settled. */
  readonly places: number;
  /** The server threads there are: of places, those that replace one, and the one that stands in. */
  readonly server: readonly ManagedThread[];
  /** The pool threads there are. */
  readonly pool: readonly ManagedThread[];
  /** How many jobs wait for a pool thread. */
  readonly jobsWaiting: number;
  /** Whether a pool thread has a job. @param worker its number */
  isBusy(worker: number): boolean;
  /** What became of those before. */
  readonly record: ThreadRecord;
  /** Whether a server thread is ready and moves. */
  isHealthy(thread: ManagedThread): boolean;
  /** What a server thread is at; `undefined` before it listens. */
  board(thread: ManagedThread): ConnectionBoard | undefined;
}

/** What became of the server threads that had a place before. */
export class ThreadRecord {
  readonly #deaths = new Map<number, number>();
  readonly #givenUp = new Set<number>();

  /**
   * A thread has died.
   * @param index its place
   * @param next what followed
   */
  noteDeath(index: number, next: AfterExit): void {
    this.#deaths.set(index, this.deaths(index) + 1);
    if (next === 'given-up') this.#givenUp.add(index);
  }

  /** How many threads of a place have died, those among them that hung and were replaced. */
  deaths(index: number): number {
    return this.#deaths.get(index) ?? 0;
  }

  /** The places that were given up, in order. */
  get givenUp(): readonly number[] {
    return [...this.#givenUp].sort((a, b) => a - b);
  }
}
