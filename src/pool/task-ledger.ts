import type { JobMeter } from './job-meter.ts';
import type { SenderStats } from './sender-options.ts';
import type { Task } from './task.ts';
import { TimeSpread } from './time-spread.ts';

/** The tasks of one sender that are not settled: how many, how they ended, and whether the process has to live for them. */
export class TaskLedger {
  /** How long tasks waited before they were sent to a worker. */
  readonly #wait = new TimeSpread();
  /** How long they ran. */
  readonly #run = new TimeSpread();
  readonly #meter: JobMeter | undefined;
  readonly #settled = Promise.withResolvers<void>();
  /** What keeps the process alive while there is work: ports and workers do not, so that idle ones never do. */
  readonly #keepAlive = setInterval(() => {}, 0x7fffffff).unref();
  /** For how many milliseconds workers have run jobs of these that are over, or died with them. */
  busyMs = 0;
  #unsettled = 0;
  #completed = 0;
  #failed = 0;
  #isClosed = false;

  /** @param meter counts the same for others */
  constructor(meter?: JobMeter) {
    this.#meter = meter;
  }

  /**
   * What it says now.
   * @param queued how many of the tasks wait for a worker
   */
  read(queued: number): Omit<SenderStats, 'queued' | 'busyMs'> {
    return {
      ...{ running: this.#unsettled - queued, completed: this.#completed, failed: this.#failed },
      ...{ wait: this.#wait.read(), run: this.#run.read() },
    };
  }

  /**
   * A worker has a job.
   * @param waitedMs for how many milliseconds it waited
   */
  noteSent(waitedMs: number): void {
    this.#wait.note(waitedMs);
    this.#meter?.onWaited(waitedMs);
  }

  /**
   * A job has run.
   * @param ms for how many milliseconds
   */
  noteRun(ms: number): void {
    this.#run.note(ms);
    this.#meter?.onRun(ms);
    this.busyMs += ms;
  }

  /** A task was given. */
  open(): void {
    this.#unsettled += 1;
    this.#meter?.onGiven();
    if (this.#unsettled === 1) this.#keepAlive.ref();
  }

  /** It has its result, unless it was settled before. */
  resolve(task: Task, value: unknown): void {
    if (task.phase === 'settled') return;
    this.#completed += 1;
    this.#meter?.onSettled(false);
    task.resolve(value);
    this.#onSettled();
  }

  /** It has failed, unless it was settled before. */
  reject(task: Task, reason: unknown): void {
    if (task.phase === 'settled') return;
    this.#failed += 1;
    this.#meter?.onSettled(true);
    task.reject(reason);
    this.#onSettled();
  }

  /** No more tasks will be given. @returns resolves when all are settled */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#endIfDone();
    return this.#settled.promise;
  }

  #onSettled(): void {
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#keepAlive.unref();
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (!this.#isClosed || this.#unsettled > 0) return;
    clearInterval(this.#keepAlive);
    this.#settled.resolve();
  }
}
