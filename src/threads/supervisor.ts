import type { ResourceLimits, Transferable, WorkerOptions } from 'node:worker_threads';
import { HeddleError } from '#observe/heddle-error.ts';
import { ManagedThread, type ThreadBlueprint, type ThreadExit } from './managed-thread.ts';
import { asError } from './packed-error.ts';
import { emptyPlace, type Place } from './place.ts';
import { decideRestart, RESTART_LIMITS, type RestartLimits } from './restart-policy.ts';
import { SpareThreads } from './spare-threads.ts';
import type { HeapReading } from './thread-messages.ts';
import type { ThreadDeadlines } from './thread-phases.ts';

/** What a thread is given at each of its starts. */
export interface ThreadLaunch {
  /** Given to the entry as `workerData`. */
  readonly workerData?: unknown;
  /** What of it is moved rather than copied. */
  readonly transferList?: readonly Transferable[];
}

/**
 * What follows the end of a thread: `restart` (now or after a wait), `given-up` (it died too often, or native code holds
 * too many threads), `ended` (the set is being stopped); around {@link ThreadSupervisor.replace}: `replaced` (another has had its place already),
 * `kept` (it was to replace a thread, which keeps its place).
 */
export type AfterExit = 'restart' | 'given-up' | 'ended' | 'replaced' | 'kept';

/**
 * What became of {@link ThreadSupervisor.replace}: the old thread has ended and the new one has its place; the new one
 * did not start and the old one works on; or there was nothing to replace, since the thread had died or was ending.
 */
export type Replacement = 'replaced' | 'kept' | 'gone';

/** Some hundred megabytes at most. */
const MOST_HELD = 16;

/** What a {@link ThreadSupervisor} is made of. Times in milliseconds. */
export interface SupervisorOptions extends Partial<ThreadDeadlines> {
  /** What the threads are for, such as `server`; part of their names. */
  readonly kind: string;
  /** How many threads, 1 or more. */
  readonly size: number;
  /** The number of the first; the others follow. @default 0 */
  readonly first?: number;
  /** The module they run. */
  readonly entry: URL;
  /** Asked anew at every start of a thread. */
  readonly launch: (index: number) => ThreadLaunch;
  /** Limits of each thread's heap, as `node:worker_threads` takes them. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** The threads' environment, as `node:worker_threads` takes it. */
  readonly env?: WorkerOptions['env'];
  /**
   * How many threads that native code holds are borne: each keeps its memory and its thread of the system until the
   * call returns. One more, and its place is given up.
   * @default 16
   */
  readonly mostHeld?: number;
  /** How patiently dead threads are restarted. @default RESTART_LIMITS */
  readonly restart?: RestartLimits;
  /** Whether the threads, and waits for their restart, keep the process alive. @default true */
  readonly keepAlive?: boolean;
  /**
   * Whether a spare is kept while the set runs: a started thread without a place, which fills that of the next one
   * that dies. Its entry has to wait for `placed()`.
   * @default false
   */
  readonly spare?: boolean;
  /** The set whose spare this one takes, for want of one of its own; it starts another when the thread is ready. @default none */
  readonly spareOf?: ThreadSupervisor;
  /**
   * Whether a death is not the thread's own fault, such as that of a pool thread by its job. It is restarted at
   * once and the death is not counted. @default none is forgiven
   */
  readonly isForgiven?: (thread: ManagedThread, exit: ThreadExit) => boolean;
  /** Called with each message of a thread that is not about its own life. */
  readonly onMessage?: (thread: ManagedThread, message: unknown) => void;
  /** Called when a thread has found that little of its heap is left. */
  readonly onHeapNearLimit?: (thread: ManagedThread, heap: HeapReading) => void;
  /**
   * Called where a thread has not finished by the deadline of its drain: whoever is called ends it.
   * @default it is terminated
   */
  readonly onDrainOverdue?: (thread: ManagedThread) => void;
  /** Called when a thread, or its replacement, is ready. */
  readonly onReady?: (thread: ManagedThread, detail: unknown) => void;
  /** Called at each end of a thread, before its replacement is started. */
  readonly onExit?: (thread: ManagedThread, exit: ThreadExit, next: AfterExit) => void;
  /** Called once if no thread of the set runs any more and none will be started: with the first thread's error. */
  readonly onFailed?: (error: Error) => void;
}

/**
 * A set of threads of one kind: starts them, replaces those that die, ends them. It is their only owner.
 *
 * Start: each thread for itself, in parallel. Restart: see `restart-policy.ts`; a thread its owner drained or
 * terminated is replaced at once and not blamed. As long as none was ever ready, one failed start of each is enough to fail the
 * set: code that cannot start is told within milliseconds, not after five tries. Spare: started when every thread is
 * ready, so that it takes no time from them; those that are foreseen are started at once. Stop: all at once; from then on
 * nothing is restarted.
 */
export class ThreadSupervisor {
  readonly #options: SupervisorOptions;
  readonly #places: Place[];
  readonly #spares: SpareThreads;
  readonly #started = Promise.withResolvers<void>();
  #held: ManagedThread[] = [];
  #life: 'new' | 'was-ready' | 'stopped' = 'new';

  /**
   * Makes the set; {@link ThreadSupervisor.start} starts a thread.
   * @param options what to run and how to guard it
   */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.size }, emptyPlace);
    this.#spares = new SpareThreads(
      (onExit, foreseen) => new ManagedThread({ ...this.#blueprint(), index: 'spare', onExit, foreseen }),
    );
    // Only callers of startAll() want to know; for others it must not be an unhandled rejection.
    this.#started.promise.catch(() => {});
  }

  /**
   * Makes room for more threads; none is ever taken away. A server learns from its first thread how many it needs.
   * @param size how many threads, at least as many as there are
   */
  grow(size: number): void {
    while (this.#places.length < size) this.#places.push(emptyPlace());
  }

  /**
   * Starts threads for places that there will probably be, which wait for them: how many it will be is not known yet.
   * Those that have no place when all threads are ready are ended. The entry has to wait for `placed()`.
   * @param size how many threads there will be, with those that there are
   */
  foresee(size: number): void {
    if (this.#life !== 'new') return;
    const from = this.#places.length;
    this.#spares.foresee(
      Array.from({ length: Math.max(0, size - from) }, (_, at) => from + at + this.#first),
    );
  }

  /**
   * Starts one thread, unless it runs or its restart is due anyway.
   * @param index its place, from 0
   * @throws RangeError where there is no such place
   */
  start(index: number): void {
    const place = this.#place(index);
    if (place.state === 'empty' && this.#life !== 'stopped') this.#launch(place, index);
  }

  /**
   * Starts all threads.
   * @returns resolves when each is ready or given up and at least one is ready; rejects with the first thread's
   *   own error if none ever becomes ready
   */
  startAll(): Promise<void> {
    for (const index of this.#places.keys()) this.start(index);
    return this.#started.promise;
  }

  /**
   * The thread that holds a place now.
   * @param index its place, from 0
   * @returns `undefined` before its start, during a wait for its restart, and at its end
   */
  thread(index: number): ManagedThread | undefined {
    return this.#place(index).thread;
  }

  /** The threads there are now, by place; with those that replace one or were replaced, without spares. */
  threads(): ManagedThread[] {
    return this.#places.flatMap(({ thread, successor, retiring }) =>
      [thread, successor, retiring].filter((each) => each !== undefined),
    );
  }

  /**
   * Replaces a thread without a gap: it works on until another is ready, and is drained then. No death is counted.
   * @param thread a ready thread of the set
   * @param drainTimeoutMs how long it may take to finish what it holds
   */
  async replace(thread: ManagedThread, drainTimeoutMs?: number): Promise<Replacement> {
    const index = thread.index - this.#first;
    const place = this.#place(index);
    const isFree = place.successor === undefined && place.retiring === undefined;
    if (this.#isStopped() || place.thread !== thread || thread.phase !== 'ready' || !isFree) return 'gone';
    const successor = this.#make(place, index);
    place.successor = successor;
    const isReady = successor.ready.then(
      () => true,
      () => false,
    );
    await Promise.race([isReady, thread.exited]);
    if (place.retiring !== thread) return thread.phase === 'ready' ? 'kept' : 'gone';
    await thread.drain(drainTimeoutMs);
    return 'replaced';
  }

  /**
   * Asks all threads to finish what they hold, and terminates those that do not in time.
   * @param timeoutMs how long they may take; by default `drainTimeoutMs`
   * @returns the threads that had to be terminated, when all have ended
   */
  async drain(timeoutMs?: number): Promise<readonly ManagedThread[]> {
    return this.#stop((thread) => thread.drain(timeoutMs));
  }

  /**
   * Terminates all threads.
   * @returns those threads, when all have ended
   */
  async terminate(): Promise<readonly ManagedThread[]> {
    return this.#stop((thread) => thread.terminate());
  }

  async #stop(end: (thread: ManagedThread) => Promise<ThreadExit>): Promise<readonly ManagedThread[]> {
    this.#life = 'stopped';
    this.#started.reject(
      new HeddleError(
        'ERR_HEDDLE_THREADS_STOPPED',
        `The ${this.#options.kind} threads were stopped before they were ready.`,
      ),
    );
    for (const place of this.#places) clearTimeout(place.restartTimer);
    const threads = this.threads();
    const [exits] = await Promise.all([Promise.all(threads.map(end)), this.#spares.end()]);
    return threads.filter((_, at) => wasCut(exits[at]));
  }

  get #first(): number {
    return this.#options.first ?? 0;
  }

  #place(index: number): Place {
    const place = this.#places[index];
    if (place === undefined)
      throw new RangeError(`There is no thread ${index} in a set of ${this.#places.length}.`);
    return place;
  }

  #launch(place: Place, index: number): void {
    place.state = 'running';
    place.thread = this.#make(place, index);
  }

  /** A thread for a place: a spare, where there is one. */
  #make(place: Place, index: number): ManagedThread {
    const number = index + this.#first;
    const placement = {
      index: number,
      ...this.#options.launch(number),
      onReady: (thread: ManagedThread, detail: unknown) => this.#onThreadReady(place, thread, detail),
      onMessage: (thread: ManagedThread, message: unknown) => this.#options.onMessage?.(thread, message),
      onHeapNearLimit: (thread: ManagedThread, heap: HeapReading) =>
        this.#options.onHeapNearLimit?.(thread, heap),
      onDrainOverdue: this.#options.onDrainOverdue,
      drainTimeoutMs: this.#blueprint().drainTimeoutMs,
      onExit: (thread: ManagedThread, exit: ThreadExit) => this.#onThreadExit(place, thread, exit),
    };
    const spare = this.#takeSpare();
    if (spare?.takePlace(placement) === true) return spare;
    return new ManagedThread({ ...this.#blueprint(), ...placement });
  }

  #takeSpare(): ManagedThread | undefined {
    const { spareOf } = this.#options;
    return this.#spares.take() ?? (spareOf === undefined ? undefined : spareOf.#takeSpare());
  }

  #blueprint(): ThreadBlueprint {
    const { kind, entry, resourceLimits, env, keepAlive = true } = this.#options;
    const { startTimeoutMs = 30_000, drainTimeoutMs = 10_000, terminateTimeoutMs = 2_000 } = this.#options;
    return {
      kind,
      entry,
      resourceLimits,
      env,
      keepAlive,
      startTimeoutMs,
      drainTimeoutMs,
      terminateTimeoutMs,
    };
  }

  #onThreadReady(place: Place, thread: ManagedThread, detail: unknown): void {
    place.readyAt = performance.now();
    if (thread === place.successor) {
      place.retiring = place.thread;
      place.thread = thread;
      place.successor = undefined;
    }
    if (this.#life === 'new') this.#life = 'was-ready';
    this.#options.onReady?.(thread, detail);
    this.#noteStarted();
    this.#prepareSpare();
  }

  #prepareSpare(): void {
    const { spareOf } = this.#options;
    if (spareOf !== undefined) spareOf.#prepareSpare();
    if (this.#life !== 'was-ready') return;
    if (this.threads().every((thread) => thread.phase !== 'starting'))
      this.#spares.prepare(this.#options.spare === true ? 1 : 0);
  }

  #onThreadExit(place: Place, thread: ManagedThread, exit: ThreadExit): void {
    if (thread === place.thread && place.successor === undefined) {
      this.#onDeath(place, thread, exit);
      return;
    }
    let next: AfterExit = 'restart';
    if (thread === place.retiring) {
      place.retiring = undefined;
      next = 'replaced';
    } else if (thread === place.successor) {
      place.successor = undefined;
      next = 'kept';
    } else {
      // It died before it could be replaced; what was to replace it is on its way already.
      place.thread = place.successor;
      place.successor = undefined;
      place.readyAt = undefined;
    }
    this.#options.onExit?.(thread, exit, this.#isStopped() ? 'ended' : next);
  }

  #onDeath(place: Place, thread: ManagedThread, exit: ThreadExit): void {
    const delayMs = this.#life === 'stopped' ? undefined : this.#delayOfRestart(place, thread, exit);
    place.thread = undefined;
    place.readyAt = undefined;
    place.state = delayMs !== undefined ? 'waiting' : this.#life === 'stopped' ? 'empty' : 'given-up';
    const next = ({ waiting: 'restart', empty: 'ended', 'given-up': 'given-up' } as const)[place.state];
    this.#options.onExit?.(thread, exit, next);
    // The listener may have stopped the set.
    if (delayMs !== undefined && !this.#isStopped())
      this.#restart(place, thread.index - this.#first, delayMs);
    this.#noteStarted();
    if (next === 'given-up') this.#noteFailed();
  }

  /** `undefined`: it is given up. */
  #delayOfRestart(place: Place, thread: ManagedThread, exit: ThreadExit): number | undefined {
    if (exit.kind === 'stuck') {
      this.#held = [...this.#held.filter(({ isHeld }) => isHeld), thread];
      if (this.#held.length > (this.#options.mostHeld ?? MOST_HELD)) return undefined;
    }
    if (exit.kind === 'drained' || wasCut(exit)) return 0;
    if (this.#options.isForgiven?.(thread, exit) === true) return 0;
    place.firstError ??= asError(exit.error ?? new Error(`${thread.name} ended unasked.`));
    if (this.#hasFailedWhole()) return undefined;
    const now = performance.now();
    const readyForMs = place.readyAt === undefined ? 0 : now - place.readyAt;
    const decision = decideRestart(place.deaths, now, readyForMs, this.#options.restart ?? RESTART_LIMITS);
    place.deaths = decision.record;
    return decision.next === 'restart' ? decision.delayMs : undefined;
  }

  #restart(place: Place, index: number, delayMs: number): void {
    if (delayMs === 0) {
      this.#launch(place, index);
    } else {
      place.restartTimer = setTimeout(() => this.#launch(place, index), delayMs);
      if (this.#options.keepAlive === false) place.restartTimer.unref();
    }
  }

  #isStopped(): boolean {
    return this.#life === 'stopped';
  }

  /** No thread was ever ready, and each that was started has failed once. */
  #hasFailedWhole(): boolean {
    if (this.#life !== 'new') return false;
    return this.#places.every((place) => place.state === 'empty' || place.firstError !== undefined);
  }

  #noteStarted(): void {
    if (this.#life !== 'was-ready') return;
    const settled = this.#places.every((place) => place.readyAt !== undefined || place.state === 'given-up');
    if (settled) this.#started.resolve();
  }

  #noteFailed(): void {
    const whole = this.#hasFailedWhole();
    if (!whole && this.#places.some((place) => place.state === 'running' || place.state === 'waiting'))
      return;
    const error = this.#places.find((place) => place.firstError !== undefined)?.firstError;
    if (error === undefined) return;
    this.#started.reject(error);
    void this.terminate();
    this.#options.onFailed?.(error);
  }
}

/** Whether the owner had to end it where it stood. */
function wasCut(exit: ThreadExit | undefined): boolean {
  return exit?.kind === 'terminated' || exit?.kind === 'stuck';
}
