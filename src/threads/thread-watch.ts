import type { ManagedThread } from './managed-thread.ts';
import type { ThreadPhase } from './thread-phases.ts';

/** How patiently threads are watched, and what is done about them. Times in milliseconds. */
export interface WatchOptions {
  /** How often is looked. */
  readonly periodMs: number;
  /** A thread that has not moved for so long is stalled. */
  readonly stallMs: number;
  /** A thread that has not moved for so long hangs; 0: none ever does. */
  readonly hangMs: number;
  /** The threads to watch. */
  readonly threads: () => readonly ManagedThread[];
  /** A number that changes as a thread works, read without waking it. */
  readonly progress: (thread: ManagedThread) => number;
  /** A thread does not move. */
  readonly onStall: (thread: ManagedThread, forMs: number) => void;
  /** A stalled thread moves again. */
  readonly onRecovered: (thread: ManagedThread, afterMs: number) => void;
  /** A stalled thread has not moved for too long. Told once. */
  readonly onHang: (thread: ManagedThread, forMs: number) => void;
}

/** A thread that finishes what it has may hang as one that serves, and its clients wait as well. */
export const WATCHED_PHASES: ReadonlySet<ThreadPhase> = new Set(['ready', 'draining']);

/** What was seen of a thread at the last look. */
interface Seen {
  idleMs: number;
  progress: number;
  pongs: number;
  /** Since when nothing of this has changed; `undefined` where something had. */
  stillSince: number | undefined;
  verdict: 'moves' | 'stalled' | 'hangs';
}

/**
 * Watches threads for one that does not come back to its event loop. Looking costs them nothing: how long a loop was
 * idle can be read from outside (0.1 µs, the thread is not woken), and so can a counter in shared memory. A saturated
 * thread is never idle either, so where both stand still it is asked: a loop that turns answers at once.
 */
export class ThreadWatch {
  readonly #options: WatchOptions;
  readonly #seen = new WeakMap<ManagedThread, Seen>();
  #timer: NodeJS.Timeout | undefined;
  #lastLook = 0;

  /** @param options whom, how often, and what then */
  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Begins. The watch never keeps the process alive. */
  start(): void {
    this.#lastLook = performance.now();
    this.#timer ??= setInterval(() => this.look(performance.now()), this.#options.periodMs).unref();
  }

  /** Ends. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether a thread moved when it was last looked at. */
  isMoving(thread: ManagedThread): boolean {
    return (this.#seen.get(thread)?.verdict ?? 'moves') === 'moves';
  }

  /**
   * For how long a thread has not moved.
   * @param now in milliseconds of the monotonic clock
   * @returns in milliseconds; 0 where it moved when it was last looked at
   */
  stillMs(thread: ManagedThread, now: number): number {
    return this.isMoving(thread) ? 0 : now - (this.#seen.get(thread)?.stillSince ?? now);
  }

  /**
   * Looks at each thread once.
   * @param now in milliseconds of the monotonic clock
   */
  look(now: number): void {
    // A supervisor that was itself held up has not seen who moved meanwhile.
    const lost = now - this.#lastLook - this.#options.periodMs;
    const missed = lost > this.#options.periodMs ? lost : 0;
    this.#lastLook = now;
    for (const thread of this.#options.threads()) {
      if (WATCHED_PHASES.has(thread.phase)) this.#lookAt(thread, now, missed);
    }
  }

  #lookAt(thread: ManagedThread, now: number, missed: number): void {
    const idleMs = thread.idleMs;
    const progress = this.#options.progress(thread);
    const { pongs } = thread;
    const seen = this.#seen.get(thread);
    if (seen === undefined) {
      this.#seen.set(thread, { idleMs, progress, pongs, stillSince: undefined, verdict: 'moves' });
      return;
    }
    // Its loop is gone, which reads as 0: its end is about to be told.
    if (idleMs < seen.idleMs) return;
    if (seen.idleMs !== idleMs || seen.progress !== progress || seen.pongs !== pongs) {
      const stillMs = now - (seen.stillSince ?? now);
      const wasStalled = seen.verdict === 'stalled';
      Object.assign(seen, { idleMs, progress, pongs, stillSince: undefined, verdict: 'moves' });
      if (wasStalled) this.#options.onRecovered(thread, stillMs);
      return;
    }
    if (seen.stillSince === undefined) {
      seen.stillSince = now - this.#options.periodMs;
      thread.ping();
    }
    seen.stillSince += missed;
    this.#judge(thread, seen, now - seen.stillSince);
  }

  #judge(thread: ManagedThread, seen: Seen, stillMs: number): void {
    const { stallMs, hangMs } = this.#options;
    if (seen.verdict === 'moves' && stillMs >= stallMs) {
      seen.verdict = 'stalled';
      this.#options.onStall(thread, stillMs);
    }
    if (seen.verdict === 'stalled' && hangMs > 0 && stillMs >= hangMs) {
      seen.verdict = 'hangs';
      this.#options.onHang(thread, stillMs);
    }
  }
}
