import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ThreadSupervisor } from '#threads/supervisor.ts';

/**
 * One more server thread for as long as no other moves: it loads the app and accepts from the sockets of those that
 * hang. With a single thread nobody else could.
 */
export class StandIn {
  readonly #make: () => ThreadSupervisor;
  #set: ThreadSupervisor | undefined;
  /** Those that were told to go, with how that goes. */
  readonly #leaving = new Map<ThreadSupervisor, Promise<readonly ManagedThread[]>>();

  /** @param make makes the set of one thread, not started */
  constructor(make: () => ThreadSupervisor) {
    this.#make = make;
  }

  /** The thread, where there is one. */
  threads(): ManagedThread[] {
    return this.#set?.threads() ?? [];
  }

  /** The thread, and those before it that finish what they have. */
  all(): ManagedThread[] {
    return [...this.threads(), ...[...this.#leaving.keys()].flatMap((set) => set.threads())];
  }

  /** Starts it, unless it is there. */
  start(): void {
    if (this.#set !== undefined) return;
    const set = this.#make();
    this.#set = set;
    set.startAll().catch(() => {
      // An app that cannot be loaded once more: its death was told, and a later stall may try again.
      if (this.#set === set) this.#set = undefined;
    });
  }

  /**
   * Lets it finish what it has and end.
   * @returns resolves when it has, and those before it too; with those that had to be stopped
   */
  async drain(): Promise<readonly ManagedThread[]> {
    const set = this.#set;
    this.#set = undefined;
    if (set !== undefined) {
      const end = set.drain();
      this.#leaving.set(set, end);
      void end.then(() => this.#leaving.delete(set));
    }
    return (await Promise.all(this.#leaving.values())).flat();
  }

  /** Ends it where it stands, and those before it. */
  async terminate(): Promise<void> {
    const sets = [this.#set, ...this.#leaving.keys()];
    this.#set = undefined;
    await Promise.all(sets.map((set) => set?.terminate()));
  }
}
