/** What a `ThreadPool` tells while it works, by event name. Workers are numbered from 0. */
export interface PoolEvents {
  /** A worker was given a job. `name`: the job's name, or the function's. */
  job: { readonly worker: number; readonly name: string };
  /** A worker is done with a job, however it ended; the job's promise settles right after. */
  done: { readonly worker: number; readonly name: string };
  /** A worker has found that no more jobs will come, and has ended. */
  disconnect: { readonly worker: number };
  /** The pool is being closed and waits for this worker to end. */
  shutdown: { readonly worker: number };
}

type Listeners = { [E in keyof PoolEvents]: Set<(event: PoolEvents[E]) => void> };

/** Listeners of {@link PoolEvents}, and how they are called. */
export class PoolEmitter {
  readonly #listeners: Listeners = {
    job: new Set(),
    done: new Set(),
    disconnect: new Set(),
    shutdown: new Set(),
  };

  /** Adds a listener. */
  on<E extends keyof PoolEvents>(event: E, listener: (event: PoolEvents[E]) => void): void {
    this.#listeners[event].add(listener);
  }

  /** Takes a listener away. */
  off<E extends keyof PoolEvents>(event: E, listener: (event: PoolEvents[E]) => void): void {
    this.#listeners[event].delete(listener);
  }

  /** Calls the listeners in the order in which they were added. */
  emit<E extends keyof PoolEvents>(event: E, detail: PoolEvents[E]): void {
    for (const listener of this.#listeners[event]) {
      try {
        listener(detail);
      } catch (error) {
        // An uncaught exception, as it should be, but not in the midst of our own work.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
