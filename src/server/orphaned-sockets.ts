import type { Lease } from '#native/lease.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import type { ToServerThread } from './server-messages.ts';

/**
 * The sockets of threads that were given up, or do not move for now. The kernel goes on to spread connections over them,
 * so each is accepted from by a neighbour; where that dies, by another. A client whose connection fell to such a socket
 * would else wait for ever.
 */
export class OrphanedSockets {
  readonly #sockets: ListeningSockets;
  /** By number of the socket: who accepts from it. */
  readonly #adopters = new Map<
    number,
    { readonly thread: ManagedThread; readonly lease: Lease } | undefined
  >();

  /** @param sockets all sockets of the server */
  constructor(sockets: ListeningSockets) {
    this.#sockets = sockets;
  }

  /**
   * A thread was given up, or does not move: its socket needs another.
   * @param index the number of both
   */
  add(index: number): void {
    // The others accept from a shared one already.
    if (!this.#sockets.isShared && !this.#adopters.has(index)) this.#adopters.set(index, undefined);
  }

  /**
   * The thread accepts from its socket again: whoever stood in for it leaves.
   * @param index the number of both
   */
  remove(index: number): void {
    const adopter = this.#adopters.get(index);
    this.#adopters.delete(index);
    adopter?.thread.post({ kind: 'leave', lease: adopter.lease } satisfies ToServerThread);
  }

  /**
   * Takes what it has adopted away from a thread that is about to be ended; see `ListeningSockets.withdraw()`.
   * @param thread which
   */
  withdraw(thread: ManagedThread): void {
    for (const adopter of this.#adopters.values()) {
      if (adopter?.thread === thread) this.#sockets.withdraw(adopter.lease);
    }
  }

  /**
   * A thread has ended: what it had adopted needs another.
   * @param thread which
   * @param isHeld whether native code holds it: then its descriptors are its own, as `ThreadEquipment.takeBack()` says
   */
  forsake(thread: ManagedThread, isHeld = false): void {
    for (const [index, adopter] of this.#adopters) {
      if (adopter?.thread !== thread) continue;
      if (!isHeld) this.#sockets.release(adopter.lease);
      this.#adopters.set(index, undefined);
    }
  }

  /**
   * Finds an adopter for each socket that has none.
   * @param threads those that may be asked; nothing happens where none of them is ready
   */
  async place(threads: readonly ManagedThread[]): Promise<void> {
    const ready = threads.filter((thread) => thread.phase === 'ready');
    for (const [index, adopter] of this.#adopters) {
      const thread = ready[index % ready.length];
      if (adopter !== undefined || thread === undefined) continue;
      const lease = await this.#sockets.lease(index);
      const isWanted = this.#adopters.has(index) && this.#adopters.get(index) === undefined;
      if (thread.phase === 'ready' && isWanted) {
        this.#adopters.set(index, { thread, lease });
        thread.post({ kind: 'adopt', lease } satisfies ToServerThread);
      } else {
        this.#sockets.release(lease);
      }
    }
  }
}
