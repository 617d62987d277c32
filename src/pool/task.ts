import type { Transferable } from 'node:worker_threads';
import { kindOf } from './job-catalog.ts';
import type { ExecuteOptions } from './job-runner.ts';
import { isPlain, largeBuffersOf } from './large-buffers.ts';
import { poolOptionRefused } from './pool-errors.ts';
import type { JobOrder } from './pool-messages.ts';

/** What a {@link Task} is made of beside its order: arguments, options, and who takes the items of a stream. */
export type TaskArguments = [
  args: readonly unknown[],
  options: ExecuteOptions,
  stream?: { readonly items: number; readonly onItems: (items: readonly unknown[]) => void },
];

/**
 * A job on its way at its sender, with the promise its caller holds. It is `queued` until a worker has it, then
 * `sent`, and `settled` once; from then on whatever else happens to it goes unheard.
 */
export class Task {
  /** What is to be run. */
  readonly order: JobOrder;
  /** Its arguments. They are copied when a worker gets them, not before. */
  readonly args: readonly unknown[];
  /** How it is to be run. */
  readonly options: ExecuteOptions;
  /** Its result is a stream, of which so many items may come at first; who takes them. */
  readonly items: number | undefined;
  readonly onItems: ((items: readonly unknown[]) => void) | undefined;
  /** Jobs of the same kind are expected to take about as long: a function that is sent is told by its text. */
  readonly kind: string;
  /** How urgent it is: higher goes first. */
  readonly priority: number;
  /** What the caller holds. */
  readonly promise: Promise<unknown>;
  /** When it was given, by the clock of `performance.now()`. */
  readonly givenAt: number;
  /** Whether it has a worker for itself: it is timed, says something before its end, takes its arguments along,
   * or has some that might not be read: with it nothing else would be. */
  isExclusive: boolean;
  /** Where it is in its life. */
  phase: 'queued' | 'sent' | 'settled' = 'queued';
  /** Its neighbours in the queue; the queue alone sets them. */
  previous: Task | undefined;
  /** See {@link Task.previous}. */
  next: Task | undefined;

  readonly #outcome = Promise.withResolvers<unknown>();
  #timer: NodeJS.Timeout | undefined;
  #onAbort: (() => void) | undefined;

  /**
   * Makes a task that is queued.
   * @param order what is to be run
   * @param args its arguments
   * @param options how
   * @param stream where its result is a stream: how many items may come at first, and who takes them
   */
  constructor(order: JobOrder, ...[args, options, stream]: TaskArguments) {
    this.order = order;
    this.kind = kindOf(order);
    this.args = args;
    // A copy: the caller may change its own.
    this.options = { ...options };
    this.priority = options.priority ?? 0;
    this.items = stream?.items;
    this.onItems = stream?.onItems;
    this.promise = this.#outcome.promise;
    this.givenAt = performance.now();
    const { timeoutMs, transfer, transferResult, onProgress } = options;
    this.isExclusive =
      stream !== undefined ||
      timeoutMs !== undefined ||
      transfer !== undefined ||
      transferResult === true ||
      onProgress !== undefined ||
      !args.every(isPlain);
  }

  /**
   * Makes a task of what a caller names.
   * @param job the name of a job, or a function
   * @param rest as for the constructor
   * @throws HeddleError `ERR_HEDDLE_POOL_OPTION` for what is neither
   */
  static of(job: unknown, ...rest: TaskArguments): Task {
    return new Task(orderFor(job), ...rest);
  }

  /** What of the arguments is moved; `undefined` for nothing. */
  transferList(): Transferable[] | undefined {
    const { transfer } = this.options;
    if (transfer === undefined) return undefined;
    return transfer === 'large' ? largeBuffersOf(...this.args) : [...transfer];
  }

  /**
   * Watches the caller's signal until the task is settled.
   * @param giveUp called with the signal's reason
   */
  watchSignal(giveUp: (reason: unknown) => void): void {
    const { signal } = this.options;
    if (signal === undefined) return;
    this.#onAbort = () => giveUp(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * A worker has it: the time it may run begins.
   * @param giveUp called when that is over
   */
  begin(giveUp: (timeoutMs: number) => void): void {
    const { timeoutMs } = this.options;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => giveUp(timeoutMs), timeoutMs);
  }

  /** A worker is being sent it. */
  markSent(): void {
    this.phase = 'sent';
  }

  /** It was taken back from a worker before it began. */
  requeue(): void {
    this.phase = 'queued';
    clearTimeout(this.#timer);
  }

  /** Tells the caller how far it has come. */
  tell(progress: unknown): void {
    if (this.phase !== 'sent') return;
    try {
      this.options.onProgress?.(progress);
    } catch (error) {
      // An uncaught exception, as it should be, but not in the midst of our own work.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Fulfils the caller's promise. */
  resolve(value: unknown): void {
    this.#settle();
    this.#outcome.resolve(value);
  }

  /** Rejects the caller's promise. */
  reject(reason: unknown): void {
    this.#settle();
    this.#outcome.reject(reason);
  }

  #settle(): void {
    this.phase = 'settled';
    clearTimeout(this.#timer);
    // A signal may live as long as the process: what it still refers to is never freed.
    if (this.#onAbort !== undefined) this.options.signal?.removeEventListener('abort', this.#onAbort);
  }
}

function orderFor(job: unknown): JobOrder {
  if (typeof job === 'string') return { kind: 'named', name: job };
  if (typeof job !== 'function') throw poolOptionRefused('job', job, 'the name of a job, or a function');
  return { kind: 'source', name: job.name || '(anonymous)', source: Function.prototype.toString.call(job) };
}
