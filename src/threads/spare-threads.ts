import type { ManagedThread, ThreadExit } from './managed-thread.ts';

/** As many are started for places that are not there yet: on a large machine one that turned out to be too many each costs. */
const MOST_FORESEEN = 7;

/** Starts a thread without a place; the debugger calls it what its place will be, where that is foreseen. */
type MakeSpare = (
  onExit: (thread: ManagedThread, exit: ThreadExit) => void,
  foreseen: number | undefined,
) => ManagedThread;

/**
 * The spares of a set: threads that have loaded their entry but have no place, so that they can take that of a thread
 * that dies, or one that is foreseen. What the entry loads before it waits for its place is time that is saved.
 *
 * None keeps the process alive. One that dies is not replaced before the next {@link SpareThreads.prepare}: an entry
 * that cannot load would else be tried without end.
 */
export class SpareThreads {
  readonly #make: MakeSpare;
  #threads: readonly ManagedThread[] = [];

  /** @param make starts a thread without a place */
  constructor(make: MakeSpare) {
    this.#make = make;
  }

  /**
   * Starts spares for places that there will probably be, in the order in which they will be taken.
   * @param places their numbers; the first seven count
   */
  foresee(places: readonly number[]): void {
    for (const place of places.slice(0, MOST_FORESEEN)) this.#start(place);
  }

  /**
   * Starts those that are missing, and ends those that are too many.
   * @param count how many there are to be
   */
  prepare(count: number): void {
    while (this.#threads.length < count) this.#start();
    const surplus = this.#threads.slice(count);
    this.#threads = this.#threads.slice(0, count);
    for (const thread of surplus) void thread.terminate();
  }

  /**
   * Hands a spare out; the set has it no more.
   * @returns `undefined` where there is none
   */
  take(): ManagedThread | undefined {
    const [thread, ...rest] = this.#threads;
    this.#threads = rest;
    return thread === undefined || thread.phase === 'waiting' ? thread : this.take();
  }

  /** Ends all. */
  async end(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #start(foreseen?: number): void {
    const gone = (thread: ManagedThread): void => {
      this.#threads = this.#threads.filter((each) => each !== thread);
    };
    this.#threads = [...this.#threads, this.#make(gone, foreseen)];
  }
}
