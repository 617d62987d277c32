import { type ResourceLimits, type Transferable, Worker, type WorkerOptions } from 'node:worker_threads';
import { HeddleError } from '#observe/heddle-error.ts';
import { whileStopped } from './diagnosis.ts';
import { asError, unpackError } from './packed-error.ts';
import { type ControlMessage, type HeapReading, isControlMessage, SPARE_MARK } from './thread-messages.ts';
import { THREAD_PHASES, type ThreadDeadlines, type ThreadPhase } from './thread-phases.ts';

/** A reading of how busy an event loop is; times in milliseconds. */
export type EventLoopUtilization = ReturnType<Worker['performance']['eventLoopUtilization']>;

/** How a thread ended. Data: the end of a thread never surfaces as an unhandled 'error' event. */
export interface ThreadExit {
  /**
   * - `drained`: it finished what it held, as it was asked to
   * - `error`: an uncaught exception or an unhandled rejection
   * - `exit`: it called `process.exit()`
   * - `out-of-memory`: it reached its heap limit
   * - `start-failed`: it threw, ended or reported a failure before it was ready, or was not ready in time
   * - `terminated`: its owner stopped it
   * - `stuck`: its owner stopped it, but native code holds it. It runs no JavaScript any more, yet its operating
   *   system thread lives on, and ending the process waits for it
   */
  readonly kind: 'drained' | 'error' | 'exit' | 'out-of-memory' | 'start-failed' | 'terminated' | 'stuck';
  /** The error behind it; absent for `drained` and `terminated`. */
  readonly error?: Error;
  /** The thread's exit code; absent where it never ran or never ended. */
  readonly code?: number;
}

/** The place that a thread fills, and who hears of it there. */
export interface ThreadPlacement {
  /** Its number among those of its kind, from 0. */
  readonly index: number;
  /** Given to the entry as `workerData`; for a spare an object, since its members are added to what it has. */
  readonly workerData?: unknown;
  /** What of `workerData` is moved rather than copied. */
  readonly transferList?: readonly Transferable[] | undefined;
  /** Called once, when the thread has reported that it is ready. */
  readonly onReady?: (thread: ManagedThread, detail: unknown) => void;
  /** Called with each message of the thread that is not about its own life. */
  readonly onMessage?: (thread: ManagedThread, message: unknown) => void;
  /** Called when the thread has found that little of its heap is left. */
  readonly onHeapNearLimit?: (thread: ManagedThread, heap: HeapReading) => void;
  /**
   * Called where the thread has not finished by the deadline of its drain: whoever is called ends it.
   * @default it is terminated
   */
  readonly onDrainOverdue?: ((thread: ManagedThread) => void) | undefined;
  /** How long it may take to finish what it holds, in milliseconds. @default what it was started with */
  readonly drainTimeoutMs?: number;
  /** Called once, at the end. */
  readonly onExit?: (thread: ManagedThread, exit: ThreadExit) => void;
}

/** What every thread of a set has in common. */
export interface ThreadBlueprint extends ThreadDeadlines {
  /** What the thread is for, such as `server`; part of its name. */
  readonly kind: string;
  /** The module it runs. */
  readonly entry: URL;
  /** Limits of its heap, as `node:worker_threads` takes them. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** Its environment, as `node:worker_threads` takes it. */
  readonly env?: WorkerOptions['env'];
  /** Whether the thread by itself keeps the process alive; a spare never does. While it drains or is terminated it always does. */
  readonly keepAlive: boolean;
}

/** What a {@link ManagedThread} is made of. */
export interface ManagedThreadOptions extends ThreadBlueprint, Omit<ThreadPlacement, 'drainTimeoutMs'> {}

/** What a spare is made of: it has no place yet. */
export interface SpareThreadOptions extends ThreadBlueprint {
  readonly index: 'spare';
  /** The place that it will probably have: the debugger names it so. @default none is foreseen */
  readonly foreseen?: number | undefined;
  /** Called once, where it ends without ever having had a place. */
  readonly onExit?: (thread: ManagedThread, exit: ThreadExit) => void;
}

/**
 * One worker thread from its start to its end. Whoever made it is its one owner; it is not restarted: a
 * replacement is another `ManagedThread`.
 */
export class ManagedThread {
  /** Resolves with the detail the thread reported; rejects with the reason where it ends before that. */
  readonly ready: Promise<unknown>;
  /** Resolves when the thread has ended. Never rejects. */
  readonly exited: Promise<ThreadExit>;

  #options: ManagedThreadOptions | SpareThreadOptions;
  #drainTimeoutMs: number;
  #terminateTimeoutMs: number;
  readonly #worker: Worker | undefined;
  readonly #readiness = Promise.withResolvers<unknown>();
  readonly #end = Promise.withResolvers<ThreadExit>();
  #phase: ThreadPhase;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineAt = Number.POSITIVE_INFINITY;
  #pongs = 0;
  #hasWorkerEnded = false;
  /** The first thing that is known to end the thread: what follows it (the exit code) is its consequence. */
  #cause: ThreadExit | undefined;

  /**
   * Starts the thread.
   * @param options what to run and how to guard it
   */
  constructor(options: ManagedThreadOptions | SpareThreadOptions) {
    this.#options = options;
    this.#drainTimeoutMs = options.drainTimeoutMs;
    this.#terminateTimeoutMs = options.terminateTimeoutMs;
    this.#phase = options.index === 'spare' ? 'waiting' : 'starting';
    this.ready = this.#readiness.promise;
    this.exited = this.#end.promise;
    // Not everyone waits for readiness; a failed start must not end the process as an unhandled rejection.
    this.ready.catch(() => {});
    this.#worker = this.#startWorker();
    this.#armDeadline();
  }

  /** Its number among those of its kind, from 0; -1 for a spare. */
  get index(): number {
    return this.#options.index === 'spare' ? -1 : this.#options.index;
  }

  /** Its name in messages, such as `heddle://server-0`. The debugger knows what was a spare by the name that it had then. */
  get name(): string {
    return `heddle://${this.#options.kind}-${this.#options.index}`;
  }

  /** Where the thread is in its life. */
  get phase(): ThreadPhase {
    return this.#phase;
  }

  /** Whether it was given up as stuck, and native code holds it even now. */
  get isHeld(): boolean {
    return this.#phase === 'exited' && this.#worker !== undefined && !this.#hasWorkerEnded;
  }

  /** The thread's id within the process, as `node:worker_threads` counts; -1 once it has ended. */
  get threadId(): number {
    return this.#worker?.threadId ?? -1;
  }

  /** How long its event loop has been idle so far, in milliseconds; read without waking it. */
  get idleMs(): number {
    return this.#worker?.performance.eventLoopUtilization().idle ?? 0;
  }

  /**
   * How busy its event loop is: 0 to 1, over its whole life so far, or since an earlier reading; read without waking it.
   * @param since that reading
   */
  loopUse(since?: EventLoopUtilization): EventLoopUtilization | undefined {
    return this.#worker?.performance.eventLoopUtilization(since);
  }

  /**
   * What its heap holds. It is the thread that answers: no sooner than it moves, so a caller sets a deadline.
   * @returns rejects where the thread has ended
   */
  heapStatistics(): ReturnType<Worker['getHeapStatistics']> {
    if (this.#worker === undefined) return Promise.reject(new Error(`${this.name} never ran.`));
    return this.#worker.getHeapStatistics();
  }

  /** How many times it has answered {@link ping}. */
  get pongs(): number {
    return this.#pongs;
  }

  /** Asks it for a sign; a thread that comes by its event loop answers at once. */
  ping(): void {
    this.post({ 'heddle:thread': 'ping' } satisfies ControlMessage);
  }

  /**
   * Gives a spare its place: it starts there, and from then on is a thread like any other.
   * @param placement the place
   * @returns false where it is no spare any more
   */
  takePlace(placement: ThreadPlacement): boolean {
    if (this.#phase !== 'waiting') return false;
    const { kind, entry, keepAlive, startTimeoutMs, drainTimeoutMs, terminateTimeoutMs } = this.#options;
    this.#options = {
      ...{ kind, entry, keepAlive, startTimeoutMs, drainTimeoutMs, terminateTimeoutMs },
      ...placement,
    };
    this.#drainTimeoutMs = this.#options.drainTimeoutMs;
    this.#enter('starting');
    if (keepAlive) this.#worker?.ref();
    const message: ControlMessage = { 'heddle:thread': 'place', workerData: placement.workerData };
    this.post(message, placement.transferList);
    return true;
  }

  /**
   * Posts a message to the thread's `onMessage`. Without effect on a thread that has ended.
   * @param message anything cloneable
   * @param transfer what is to be moved rather than copied
   */
  post(message: unknown, transfer?: readonly Transferable[]): void {
    this.#worker?.postMessage(message, transfer);
  }

  /**
   * Asks the thread to finish what it holds and to end; past the deadline it is terminated. One that drains already may
   * get a deadline that is sooner.
   * @param timeoutMs the deadline, from now on; by default `drainTimeoutMs`
   * @returns how it ended
   */
  drain(timeoutMs: number = this.#drainTimeoutMs): Promise<ThreadExit> {
    const isSooner = performance.now() + timeoutMs < this.#deadlineAt;
    if (this.#phase !== 'draining' || isSooner) this.#drainTimeoutMs = timeoutMs;
    if (this.#phase === 'draining' && isSooner) this.#armDeadline();
    if (this.#enter('draining')) {
      this.#worker?.ref();
      this.post({ 'heddle:thread': 'drain' } satisfies ControlMessage);
    }
    return this.exited;
  }

  /**
   * Stops the thread where it stands.
   * @param timeoutMs how long that may take; by default `terminateTimeoutMs`
   * @returns how it ended; `stuck` where it did not in time
   */
  terminate(timeoutMs: number = this.#terminateTimeoutMs): Promise<ThreadExit> {
    if (this.#phase !== 'terminating') this.#terminateTimeoutMs = timeoutMs;
    this.#stop({ kind: 'terminated' });
    return this.exited;
  }

  #startWorker(): Worker | undefined {
    const { entry, resourceLimits, env, keepAlive } = this.#options;
    const options: WorkerOptions = { name: this.name, workerData: SPARE_MARK };
    if (this.#options.index === 'spare') {
      const { kind, foreseen = 'spare' } = this.#options;
      options.name = `heddle://${kind}-${foreseen}`;
    } else {
      options.workerData = this.#options.workerData;
      options.transferList = [...(this.#options.transferList ?? [])];
    }
    if (resourceLimits !== undefined) options.resourceLimits = resourceLimits;
    if (env !== undefined) options.env = env;
    const execArgv = inheritableFlags(process.execArgv);
    if (execArgv !== undefined) options.execArgv = execArgv;
    try {
      const worker = new Worker(entry, options);
      worker.on('message', (message: unknown) => this.#onWorkerMessage(message));
      worker.on('error', (error: unknown) => this.#onWorkerError(error));
      worker.on('exit', (code: number) => this.#onWorkerExit(code));
      if (!keepAlive || this.#phase === 'waiting') worker.unref();
      return worker;
    } catch (error) {
      // Data that cannot be cloned, a bad limit. Told later, as every other end is: the owner does not have us yet.
      queueMicrotask(() => this.#finish({ kind: 'start-failed', error: asError(error) }));
      return undefined;
    }
  }

  #onWorkerMessage(message: unknown): void {
    const options = this.#options;
    if (options.index === 'spare') return;
    if (!isControlMessage(message)) {
      options.onMessage?.(this, message);
    } else if (message['heddle:thread'] === 'ready') {
      if (!this.#enter('ready')) return;
      this.#readiness.resolve(message.detail);
      options.onReady?.(this, message.detail);
    } else if (message['heddle:thread'] === 'pong') {
      this.#pongs += 1;
    } else if (message['heddle:thread'] === 'start-failed') {
      this.#cause ??= { kind: 'start-failed', error: asError(unpackError(message.error)) };
    } else if (message['heddle:thread'] === 'drained') {
      this.#cause ??= { kind: 'drained' };
    } else if (message['heddle:thread'] === 'heap-near-limit') {
      options.onHeapNearLimit?.(this, message.heap);
    }
  }

  #onWorkerError(thrown: unknown): void {
    const error = asError(thrown);
    if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      this.#cause ??= { kind: 'out-of-memory', error };
    } else {
      this.#cause ??= { kind: this.#isStarting ? 'start-failed' : 'error', error };
    }
  }

  #onWorkerExit(code: number): void {
    this.#hasWorkerEnded = true;
    this.#finish({ ...(this.#cause ?? this.#unasked(code)), code });
  }

  get #isStarting(): boolean {
    return this.#phase === 'starting' || this.#phase === 'waiting';
  }

  #unasked(code: number): ThreadExit {
    const starting = this.#isStarting;
    const error = new HeddleError(
      'ERR_HEDDLE_THREAD_EXITED',
      `${this.name} ended by itself with exit code ${code}${starting ? ' before it was ready' : ''}. ` +
        'Look for a call of process.exit() in what it runs.',
    );
    return { kind: starting ? 'start-failed' : 'exit', error };
  }

  #onDeadline(): void {
    if (this.#phase === 'starting') {
      this.#stop({ kind: 'start-failed', error: this.#startTimeout() });
    } else if (this.#phase === 'draining') {
      const { onDrainOverdue } = this.#placement;
      if (onDrainOverdue === undefined) this.#stop({ kind: 'terminated' });
      else onDrainOverdue(this);
    } else {
      this.#worker?.unref();
      this.#finish({ kind: 'stuck', error: this.#stuck() });
    }
  }

  get #placement(): Partial<ThreadPlacement> {
    return this.#options.index === 'spare' ? {} : this.#options;
  }

  #stop(cause: ThreadExit): void {
    if (!this.#enter('terminating')) return;
    this.#cause ??= cause;
    this.#worker?.ref();
    void this.#terminateWorker();
  }

  /** A thread that a debugger has stopped would not notice, and not go on either. */
  async #terminateWorker(): Promise<void> {
    await whileStopped();
    await this.#worker?.terminate();
  }

  #finish(exit: ThreadExit): void {
    if (!this.#enter('exited')) return;
    this.#readiness.reject(
      exit.error ?? new HeddleError('ERR_HEDDLE_THREAD_EXITED', `${this.name} was stopped.`),
    );
    this.#end.resolve(exit);
    this.#options.onExit?.(this, exit);
  }

  #enter(phase: ThreadPhase): boolean {
    if (!THREAD_PHASES[this.#phase].next.includes(phase)) return false;
    this.#phase = phase;
    this.#armDeadline();
    return true;
  }

  #armDeadline(): void {
    clearTimeout(this.#deadline);
    const { deadline } = THREAD_PHASES[this.#phase];
    const deadlines = {
      startTimeoutMs: this.#options.startTimeoutMs,
      drainTimeoutMs: this.#drainTimeoutMs,
      terminateTimeoutMs: this.#terminateTimeoutMs,
    };
    const ms = deadline === undefined ? Number.POSITIVE_INFINITY : deadlines[deadline];
    this.#deadlineAt = performance.now() + ms;
    // A timer cannot be set beyond 24.8 days: it would fire at once.
    if (ms > 0x7fffffff) return;
    this.#deadline = setTimeout(() => this.#onDeadline(), ms);
    // The worker keeps the process alive as long as it should; a deadline alone never does.
    this.#deadline.unref();
  }

  #startTimeout(): HeddleError {
    return new HeddleError(
      'ERR_HEDDLE_THREAD_START_TIMEOUT',
      `${this.name} was not ready within ${this.#options.startTimeoutMs} ms. ` +
        'Look for a top-level await that never settles, or raise the limit.',
    );
  }

  #stuck(): HeddleError {
    return new HeddleError(
      'ERR_HEDDLE_THREAD_STUCK',
      `${this.name} did not end within ${this.#terminateTimeoutMs} ms of being terminated: native code holds it. ` +
        'Its operating system thread stays until that call returns.',
    );
  }
}

/**
 * A program given as text says so with `--input-type`, which Node refuses for a thread that runs a file.
 * @returns `undefined` where all flags may be inherited: given by name, some that may be would be refused
 */
function inheritableFlags(flags: readonly string[]): string[] | undefined {
  if (!flags.some((flag) => flag.startsWith('--input-type'))) return undefined;
  return flags.filter((flag, at) => !flag.startsWith('--input-type') && flags[at - 1] !== '--input-type');
}
