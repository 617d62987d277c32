import { breakOff, seeOff } from '#net/see-off.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { answerUnread, type Stranded } from './relief.ts';
import type { ToServerThread } from './server-messages.ts';

const NONE: Stranded = { idle: [], leaving: [], broken: [] };

/**
 * The connections of threads that hung, on their way to others. One for the server: a generation that finishes what it
 * has accepts nothing any more, so those of its threads go to the generation that serves. Where nobody can take them yet
 * they wait; once the server ends nobody will, and they are ended here, in the thread of the supervisor.
 */
export class StrandedConnections {
  readonly #takers: () => readonly ManagedThread[];
  #waiting: Stranded = NONE;
  #lingerMs: number | undefined;
  readonly #endings = new Set<Promise<void>>();

  /** @param takers the threads that can take connections now */
  constructor(takers: () => readonly ManagedThread[]) {
    this.#takers = takers;
  }

  /**
   * Takes connections in; their descriptors are not the caller's any more.
   * @returns how many will live on, and of how many the unread request was answered with 503
   */
  add({ idle, leaving, broken }: Stranded): { readonly moved: number; readonly answered: number } {
    this.#waiting = {
      idle: [...this.#waiting.idle, ...idle],
      leaving: [...this.#waiting.leaving, ...leaving],
      broken: [...this.#waiting.broken, ...broken],
    };
    if (this.#lingerMs !== undefined) return { moved: 0, answered: this.#end(this.#lingerMs) };
    this.deliver();
    return { moved: idle.length, answered: 0 };
  }

  /** Gives connections that wait to the threads that can take them, in turn. */
  deliver(): void {
    const { idle, leaving, broken } = this.#waiting;
    const takers = this.#takers();
    if (takers.length === 0 || idle.length + leaving.length + broken.length === 0) return;
    this.#waiting = NONE;
    for (const [at, thread] of takers.entries()) {
      const share = (fds: readonly number[]) => fds.filter((_, index) => index % takers.length === at);
      const order = { idle: share(idle), leaving: share(leaving), broken: share(broken) };
      thread.post({ kind: 'take', ...order } satisfies ToServerThread);
    }
  }

  /**
   * The server ends: from here on no thread takes any.
   * @param lingerMs how long their peers may take to read their last word
   */
  endAll(lingerMs: number): void {
    this.#lingerMs = lingerMs;
    this.#end(lingerMs);
  }

  /** Resolves when those that were ended here are gone. */
  async ended(): Promise<void> {
    await Promise.all(this.#endings);
  }

  #end(lingerMs: number): number {
    const { idle, leaving, broken } = this.#waiting;
    this.#waiting = NONE;
    const answered = idle.filter((fd) => answerUnread(fd)).length;
    for (const fd of [...idle, ...leaving]) {
      const ending = seeOff(fd, lingerMs);
      this.#endings.add(ending);
      void ending.then(() => this.#endings.delete(ending));
    }
    for (const fd of broken) breakOff(fd);
    return answered;
  }
}
