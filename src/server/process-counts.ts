import { SharedCounts } from '#observe/shared-counts.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import {
  ALL_SLOTS,
  COUNT_SLOTS,
  COUNTED_CODES,
  COUNTED_METHODS,
  COUNTS,
  codeIndex,
  endedSlot,
  methodIndex,
} from './count-slots.ts';

/**
 * What all server threads of the process have counted, those that are gone and those of every generation. Each thread
 * writes to memory of its own; what it has counted is added to a base when it ends, and so read once, then as before.
 */
export class ProcessCounts {
  readonly #base = new Float64Array(COUNT_SLOTS);
  readonly #threads = new Map<ManagedThread, SharedCounts>();

  /**
   * Makes the memory that a thread counts in.
   * @param thread which has none yet
   */
  open(thread: ManagedThread): SharedArrayBuffer {
    const buffer = SharedCounts.allocate(ALL_SLOTS);
    this.#threads.set(thread, new SharedCounts(buffer));
    return buffer;
  }

  /** A thread runs no JavaScript any more. */
  close(thread: ManagedThread): void {
    const counts = this.#threads.get(thread);
    if (counts === undefined) return;
    this.#threads.delete(thread);
    const last = new Float64Array(COUNT_SLOTS);
    counts.addTo(last);
    settle(last);
    for (const [slot, count] of last.entries()) (this.#base[slot] as number) += count;
  }

  /**
   * A request of a thread that is closed was answered in its place: it has its answer, and all of it. To be told in the
   * turn in which the thread was closed, so that nobody reads a count that falls.
   * @param method as sent
   * @param status of the answer
   */
  answeredFor(method: string, status: number): void {
    const index = methodIndex(method);
    const none = endedSlot(index, 0);
    if ((this.#base[none] ?? 0) === 0) return;
    (this.#base[none] as number) -= 1;
    (this.#base[COUNTS.aborted] as number) -= 1;
    (this.#base[endedSlot(index, codeIndex(status))] as number) += 1;
  }

  /** What a thread has counted; `undefined` before it listens and after its end. */
  of(thread: ManagedThread): SharedCounts | undefined {
    return this.#threads.get(thread);
  }

  /** The counts of all, by the slots of `count-slots.ts`. */
  read(): Float64Array {
    const sums = this.#base.slice();
    for (const counts of this.#threads.values()) counts.addTo(sums);
    return sums;
  }
}

/** What a thread had in hand is over with it: its requests have no answer, its connections and jobs are gone. */
function settle(counts: Float64Array): void {
  const get = (slot: number): number => counts[slot] ?? 0;
  const add = (slot: number, count: number): void => {
    (counts[slot] as number) += count;
  };
  for (const method of COUNTED_METHODS.keys()) {
    const lost = get(COUNTS.begun + method) - endedOf(counts, method);
    add(endedSlot(method, 0), lost);
    add(COUNTS.aborted, lost);
  }
  add(COUNTS.closed, openConnections(counts));
  add(COUNTS.jobsLost, get(COUNTS.jobsGiven) - get(COUNTS.jobsCompleted) - get(COUNTS.jobsFailed));
}

/** How many requests of a method are over. */
export function endedOf(counts: Float64Array, method: number): number {
  let ended = 0;
  for (const code of COUNTED_CODES.keys()) ended += counts[endedSlot(method, code)] ?? 0;
  return ended;
}

/** How many requests have begun and are not over. */
export function requestsInFlight(counts: Float64Array): number {
  let count = 0;
  for (const method of COUNTED_METHODS.keys())
    count += (counts[COUNTS.begun + method] ?? 0) - endedOf(counts, method);
  return count;
}

/** How many connections are open. */
export function openConnections(counts: Float64Array): number {
  const { accepted, adopted, closed } = COUNTS;
  return (counts[accepted] ?? 0) + (counts[adopted] ?? 0) - (counts[closed] ?? 0);
}
