import type { ManagedThread, ThreadExit } from './managed-thread.ts';

/**
 * The spare of a set: one thread that has loaded its entry but has no place, so that it can take that of a thread
 * that dies. What the entry loads before it waits for its place is time that a replacement saves.
 *
 * At most one. It never keeps the process alive. One that dies is not replaced before the next
 * {@link SpareThread.prepare}: an entry that cannot load would else be tried without end.
 */
export class SpareThread {
  readonly #make: (onExit: (thread: ManagedThread, exit: ThreadExit) => void) => ManagedThread;
  #thread: ManagedThread | undefined;

  /** @param make starts a thread without a place */
  constructor(make: (onExit: (thread: ManagedThread, exit: ThreadExit) => void) => ManagedThread) {
    this.#make = make;
  }

  /** Starts a spare, unless there is one. */
  prepare(): void {
    this.#thread ??= this.#make((thread) => {
      if (this.#thread === thread) this.#thread = undefined;
    });
  }

  /**
   * Hands the spare out; the set has none from here on.
   * @returns `undefined` where there is none
   */
  take(): ManagedThread | undefined {
    const thread = this.#thread;
    this.#thread = undefined;
    return thread?.phase === 'waiting' ? thread : undefined;
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.take()?.terminate();
  }
}
