import type { ExecuteOptions } from './job-runner.ts';
import type { JobOrder } from './pool-messages.ts';

/**
 * A job on its way at its sender, with the promise its caller holds. It is `queued` until a worker has it, then
 * `running`, and `settled` once; from then on whatever else happens to it goes unheard.
 */
export class Task {
  /** What is to be run. */
  readonly order: JobOrder;
  /** Its arguments. They are copied when a worker gets them, not before. */
  readonly args: readonly unknown[];
  /** How it is to be run. */
  readonly options: ExecuteOptions;
  /** What the caller holds. */
  readonly promise: Promise<unknown>;
  /** Where it is in its life. */
  phase: 'queued' | 'running' | 'settled' = 'queued';
  /** Its neighbours in the queue; the queue alone sets them. */
  previous: Task | undefined;
  /** See {@link Task.previous}. */
  next: Task | undefined;

  readonly #outcome = Promise.withResolvers<unknown>();
  #timer: NodeJS.Timeout | undefined;
  #onAbort: (() => void) | undefined;

  /** Makes a task that is queued. */
  constructor(order: JobOrder, args: readonly unknown[], options: ExecuteOptions) {
    this.order = order;
    this.args = args;
    this.options = options;
    this.promise = this.#outcome.promise;
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
    this.phase = 'running';
    const { timeoutMs } = this.options;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => giveUp(timeoutMs), timeoutMs);
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
