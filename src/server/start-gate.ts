import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ToServerThread } from './server-messages.ts';

/**
 * Where the threads of a new generation wait, prepared but not accepting, until all of them have come: a request must
 * not be answered by a version that is rolled back a moment later. Once it is open, as for the first generation from
 * the start, threads pass without waiting.
 */
export class StartGate {
  readonly #expected: number;
  readonly #waiting = new Set<ManagedThread>();
  readonly #full = Promise.withResolvers<void>();
  #isOpen: boolean;

  /** @param expected how many threads are waited for; 0: it is open from the start */
  constructor(expected: number) {
    this.#expected = expected;
    this.#isOpen = expected === 0;
    // Only who waits for it wants to know.
    this.#full.promise.catch(() => undefined);
  }

  /** Resolves when all threads have come; rejects with the first error by which one cannot. */
  get full(): Promise<void> {
    return this.#full.promise;
  }

  /** Whether threads pass. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * A thread is prepared: its app is loaded and `ready()` has run.
   * @param thread which
   */
  arrive(thread: ManagedThread): void {
    if (this.#isOpen) {
      letAccept(thread);
      return;
    }
    this.#waiting.add(thread);
    if (this.#waiting.size === this.#expected) this.#full.resolve();
  }

  /**
   * A thread will not come. Without effect once all have.
   * @param error why
   */
  fail(error: unknown): void {
    this.#full.reject(error);
  }

  /** Lets all threads accept. */
  open(): void {
    this.#isOpen = true;
    for (const thread of this.#waiting) letAccept(thread);
    this.#waiting.clear();
  }
}

function letAccept(thread: ManagedThread): void {
  thread.post({ kind: 'accept' } satisfies ToServerThread);
}
