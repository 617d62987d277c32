import type { SenderSeat } from '#pool/pool-messages.ts';
import type { PoolThreads, SenderConnection } from '#pool/pool-threads.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

/**
 * The seats of the server threads at the pool. A seat is not a thread's number: one that is being replaced and the one
 * that replaces it have the same number, and each has its jobs.
 */
export class PoolSeats {
  readonly #pool: PoolThreads;
  readonly #free: number[];
  readonly #taken = new Map<ManagedThread, number>();

  /**
   * @param pool the pool threads
   * @param seats for how many threads at a time
   */
  constructor(pool: PoolThreads, seats: number) {
    this.#pool = pool;
    this.#free = Array.from({ length: seats }, (_, seat) => seat);
  }

  /**
   * Seats a thread.
   * @param thread a server thread that runs
   * @param connection how to tell it of the pool threads
   * @throws RangeError where no seat is free
   */
  connect(thread: ManagedThread, connection: SenderConnection): SenderSeat {
    const seat = this.#free.shift();
    if (seat === undefined) throw new RangeError('There is no free place for a sender of jobs.');
    this.#taken.set(thread, seat);
    return this.#pool.connect(seat, connection);
  }

  /**
   * Frees the seat of a thread that has ended, if it had one.
   * @param thread which
   */
  disconnect(thread: ManagedThread): void {
    const seat = this.#taken.get(thread);
    if (seat === undefined) return;
    this.#taken.delete(thread);
    this.#pool.disconnect(seat);
    this.#free.push(seat);
  }
}
