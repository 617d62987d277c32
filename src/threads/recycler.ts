import type { ManagedThread } from './managed-thread.ts';
import {
  type DeathRecord,
  decideRestart,
  NO_DEATHS,
  RESTART_LIMITS,
  type RestartLimits,
} from './restart-policy.ts';
import type { Replacement } from './supervisor.ts';

/** What a {@link Recycler} is made of. */
export interface RecyclerOptions {
  /** Replaces a thread and resolves when the one before has ended: `ThreadSupervisor.replace()`. */
  readonly replace: (thread: ManagedThread) => Promise<Replacement>;
  /** How long to wait between two recyclings of one place. `maxDeaths` has no meaning here. @default RESTART_LIMITS */
  readonly limits?: RestartLimits;
  /** The replacement of a thread is about to be started. */
  readonly onBegin?: (thread: ManagedThread) => void;
  /** It is over; `ms` since its begin. After `kept` it is tried again. */
  readonly onEnd?: (thread: ManagedThread, outcome: Replacement, ms: number) => void;
}

/** What is known of one place. */
interface Place {
  record: DeathRecord;
  lastAt: number;
  /** Not before then. */
  dueAt: number;
}

/**
 * Recycles threads, one at a time: all threads of a server fill alike, and all of them at once would leave nobody
 * to serve. The first recycling of a place is begun at once. Where the next follows soon, it waits as a restart would:
 * an app that needs more heap than it has would else be loaded anew without end.
 */
export class Recycler {
  readonly #options: RecyclerOptions;
  readonly #limits: RestartLimits;
  readonly #places = new Map<number, Place>();
  readonly #requests = new Set<ManagedThread>();
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param options how to replace a thread */
  constructor(options: RecyclerOptions) {
    this.#options = options;
    this.#limits = { ...(options.limits ?? RESTART_LIMITS), maxDeaths: Number.POSITIVE_INFINITY };
  }

  /**
   * Asks for a thread to be recycled, when it is its turn.
   * @param thread a ready thread
   */
  request(thread: ManagedThread): void {
    this.#requests.add(thread);
    void this.#advance();
  }

  async #advance(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isBusy) return;
    for (const thread of this.#requests) if (thread.phase !== 'ready') this.#requests.delete(thread);
    const [first] = [...this.#requests].sort((a, b) => this.#dueAt(a) - this.#dueAt(b));
    if (first === undefined) return;
    const waitMs = this.#dueAt(first) - performance.now();
    if (waitMs > 0) {
      // Rounded up: a timer that fires a fraction early would find nothing due and be set anew, for ever shorter.
      this.#timer = setTimeout(() => void this.#advance(), Math.ceil(waitMs));
      this.#timer.unref();
      return;
    }
    this.#isBusy = true;
    await this.#recycle(first);
    this.#isBusy = false;
    void this.#advance();
  }

  async #recycle(thread: ManagedThread): Promise<void> {
    const { index } = thread;
    const begin = performance.now();
    this.#requests.delete(thread);
    this.#options.onBegin?.(thread);
    const outcome = await this.#options.replace(thread);
    const now = performance.now();
    const before = this.#places.get(index) ?? { record: NO_DEATHS, lastAt: Number.NEGATIVE_INFINITY };
    const decision = decideRestart(before.record, now, now - before.lastAt, this.#limits);
    const delayMs = decision.next === 'restart' ? decision.delayMs : this.#limits.maxBackoffMs;
    this.#places.set(index, { record: decision.record, lastAt: now, dueAt: now + delayMs });
    if (outcome === 'kept') this.#requests.add(thread);
    this.#options.onEnd?.(thread, outcome, now - begin);
  }

  #dueAt(thread: ManagedThread): number {
    return this.#places.get(thread.index)?.dueAt ?? Number.NEGATIVE_INFINITY;
  }
}
