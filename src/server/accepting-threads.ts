import type { ManagedThread } from '#threads/managed-thread.ts';

/** Which threads of a generation that ends may still accept. */
export class AcceptingThreads {
  readonly #stopped = new WeakSet<ManagedThread>();
  readonly #none = Promise.withResolvers<void>();
  #accepting = new Set<ManagedThread>();

  /** Resolves when none accepts any more, after {@link AcceptingThreads.expectEnd}. */
  get none(): Promise<void> {
    return this.#none.promise;
  }

  /**
   * All of these are about to be asked to end.
   * @param threads those there are
   */
  expectEnd(threads: readonly ManagedThread[]): void {
    this.#accepting = new Set(threads.filter((thread) => !this.#stopped.has(thread)));
    if (this.#accepting.size === 0) this.#none.resolve();
  }

  /**
   * A thread has emptied its accept queue and closed its listener, or has ended.
   * @param thread which
   */
  delete(thread: ManagedThread): void {
    this.#stopped.add(thread);
    if (this.#accepting.delete(thread) && this.#accepting.size === 0) this.#none.resolve();
  }

  /** Whether a thread has stopped: its descriptor is closed, and the number may be another's. */
  hasStopped(thread: ManagedThread): boolean {
    return this.#stopped.has(thread);
  }
}
