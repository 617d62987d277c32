import { receiveMessageOnPort } from 'node:worker_threads';
import { asError, type PackedError, unpackError } from '#threads/packed-error.ts';
import { ClaimTable } from './claim-table.ts';
import type { ArgsOf, ExecuteOptions, Job, JobRunner, Names, Rest, ResultOf } from './job-runner.ts';
import {
  jobTimedOut,
  notCloneable,
  poolAborted,
  poolClosed,
  poolOptionRefused,
  queueFull,
  workerDied,
} from './pool-errors.ts';
import type { JobOrder, SenderMessage, SenderSeat, WorkerLink, WorkerMessage } from './pool-messages.ts';
import { checkMaxQueue, checkTimeout, DEFAULT_MAX_QUEUE } from './pool-options.ts';
import { Task } from './task.ts';
import { TaskQueue } from './task-queue.ts';

/** What a {@link JobSender} tells and is told. */
export interface JobSenderOptions {
  /** How many jobs may wait here. @default 10000 */
  readonly maxQueue?: number;
  /** A running job was given up: the owner of the pool threads has to look (`PoolThreads.replaceCondemned()`). */
  readonly onCondemned: (worker: number) => void;
  /** A worker was given a job. */
  readonly onJob?: (worker: number, name: string) => void;
  /** A worker is done with a job, or was relieved of it. */
  readonly onDone?: (worker: number, name: string) => void;
}

/** A pool thread this sender may use, and the task that is on it. */
interface Attached extends WorkerLink {
  /** Set until the worker's answer has been read, even if the task was settled before. */
  task: Task | undefined;
}

/**
 * Runs in the thread that has the jobs: sends each to an idle pool thread, and queues those for which there is none.
 * May be made long before any pool thread exists; jobs then wait.
 *
 * Jobs start in the order in which they were given here; a job is settled exactly once.
 */
export class JobSender<Jobs extends object = Record<never, never>> implements JobRunner<Jobs> {
  readonly #seat: SenderSeat;
  readonly #table: ClaimTable;
  readonly #options: JobSenderOptions;
  readonly #maxQueue: number;
  readonly #queue = new TaskQueue();
  readonly #workers: (Attached | undefined)[] = [];
  readonly #idle = Promise.withResolvers<void>();
  /** What keeps the process alive while there is work: ports and workers do not, so that idle ones never do. */
  readonly #keepAlive = setInterval(() => {}, 0x7fffffff).unref();
  /** Why no more jobs are taken. */
  #refusal: (() => Error) | undefined;
  #published = 0;
  #unsettled = 0;
  #completed = 0;
  #failed = 0;

  /**
   * @param seat what `PoolThreads.connect()` gave for this thread
   * @param options where to report to
   * @throws HeddleError `ERR_HEDDLE_POOL_OPTION`
   */
  constructor(seat: SenderSeat, options: JobSenderOptions) {
    this.#seat = seat;
    this.#table = new ClaimTable(seat.table);
    this.#options = options;
    this.#maxQueue = options.maxQueue ?? DEFAULT_MAX_QUEUE;
    checkMaxQueue(this.#maxQueue);
    for (const link of seat.links) this.attach(link);
  }

  /** The jobs of this sender; `running` are those a worker has. */
  get stats(): { queued: number; running: number; completed: number; failed: number } {
    const queued = this.#queue.size;
    return { queued, running: this.#unsettled - queued, completed: this.#completed, failed: this.#failed };
  }

  /** Runs a function that the tasks module exports, see {@link JobRunner.execute}. */
  execute<N extends Names<Jobs, Job>>(
    name: N,
    ...rest: Rest<ArgsOf<Jobs[N]>, ExecuteOptions>
  ): Promise<ResultOf<Jobs[N]>>;
  /** Runs a self-contained function without arguments. */
  execute<R>(job: () => R, args?: readonly [], options?: ExecuteOptions): Promise<Awaited<R>>;
  /** Runs a self-contained function. */
  execute<A extends readonly unknown[] | [], R>(
    job: (...args: A) => R,
    args: A,
    options?: ExecuteOptions,
  ): Promise<Awaited<R>>;
  execute(job: string | Job, args: readonly unknown[] = [], options: ExecuteOptions = {}): Promise<unknown> {
    try {
      return this.#submit(new Task(orderFor(job), args, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * A pool thread can be used from now on.
   * @param link from `PoolThreads`; its port belongs to this sender now
   */
  attach(link: WorkerLink): void {
    this.#drop(link.worker);
    const worker: Attached = { ...link, task: undefined };
    this.#workers[link.worker] = worker;
    link.port.on('message', (message: WorkerMessage) => this.#onWorkerMessage(worker, message));
    link.port.on('messageerror', (error: unknown) => this.#onUnreadableResult(worker, error));
    link.port.unref();
    this.#pump();
  }

  /**
   * A pool thread has died. Its job here, if it had one, rejects with `ERR_HEDDLE_POOL_WORKER_DIED`.
   * @param index the pool thread
   * @param reason how it died
   */
  detach(index: number, reason: PackedError): void {
    const worker = this.#workers[index];
    // What it had already sent counts: its job was done.
    for (let late = readMessage(worker); late !== undefined; late = readMessage(worker)) {
      if (worker !== undefined && late.kind !== 'offer') this.#settleFrom(worker, late);
    }
    this.#drop(index);
    if (worker?.task === undefined) return;
    this.#giveBack(worker, workerDied(index, worker.task.order.name, asError(unpackError(reason))));
  }

  /**
   * No pool thread is left and none will come: what waits, and what comes later, rejects.
   * @param reason why
   */
  fail(reason: PackedError): void {
    const error = asError(unpackError(reason));
    this.#refusal ??= () => error;
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift())
      this.#reject(task, error);
    this.#publish();
  }

  /**
   * Takes no more jobs.
   * @returns resolves when those it has are settled
   */
  close(): Promise<void> {
    this.#refusal ??= poolClosed;
    this.#noteIdle();
    return this.#idle.promise;
  }

  /**
   * Takes no more jobs and rejects those it has.
   * @param reason what they reject with; an `ERR_HEDDLE_POOL_ABORTED` where it is `undefined`
   */
  abort(reason: unknown = poolAborted()): void {
    this.#refusal ??= poolClosed;
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift())
      this.#reject(task, reason);
    this.#publish();
    for (const worker of this.#workers) if (worker?.task !== undefined) this.#giveUp(worker.task, reason);
    this.#noteIdle();
  }

  #submit(task: Task): Promise<unknown> {
    const { signal, timeoutMs } = task.options;
    checkTimeout(timeoutMs);
    signal?.throwIfAborted();
    if (this.#refusal !== undefined) throw this.#refusal();
    if (this.#queue.size >= this.#maxQueue) throw queueFull(this.#maxQueue);
    task.watchSignal((reason) => this.#giveUp(task, reason));
    this.#queue.push(task);
    this.#unsettled += 1;
    if (this.#unsettled === 1) this.#keepAlive.ref();
    this.#pump();
    return task.promise;
  }

  /** Gives the waiting tasks to idle pool threads, as far as there are any. */
  #pump(): void {
    this.#feedIdle();
    if (this.#queue.size === 0) return;
    // The order matters: say that a task waits, then look again. See claim-table.ts.
    this.#publish();
    this.#feedIdle();
  }

  #feedIdle(): void {
    for (let at = 0; at < this.#workers.length && this.#queue.size > 0; at += 1) {
      const worker = this.#workers[at];
      // One whose answer is still to be read may be idle already; its answer comes first.
      if (worker === undefined || worker.task !== undefined) continue;
      if (this.#table.claim(worker.worker, worker.epoch, this.#seat.ticket)) this.#feed(worker);
    }
  }

  /** This sender holds the pool thread: it is sent the next task, or released. */
  #feed(worker: Attached): void {
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (this.#send(worker, task)) break;
    }
    if (worker.task === undefined) worker.port.postMessage({ kind: 'release' } satisfies SenderMessage);
    this.#publish();
  }

  #send(worker: Attached, task: Task): boolean {
    const { order, args, options } = task;
    const message: SenderMessage = { kind: 'job', order, args };
    this.#table.setLimit(worker.worker, Math.ceil(options.timeoutMs ?? 0));
    try {
      if (options.transfer === undefined) worker.port.postMessage(message);
      else worker.port.postMessage(message, [...options.transfer]);
    } catch (cause) {
      this.#reject(task, notCloneable('arguments', order.name, cause));
      return false;
    }
    worker.task = task;
    task.begin((timeoutMs) => this.#giveUp(task, jobTimedOut(order.name, timeoutMs)));
    this.#options.onJob?.(worker.worker, order.name);
    return true;
  }

  #publish(): void {
    if (this.#queue.size === this.#published) return;
    this.#published = this.#queue.size;
    this.#table.setWaiting(this.#seat.sender, this.#published);
  }

  #onWorkerMessage(worker: Attached, message: WorkerMessage): void {
    // What was under way when the port was given up.
    if (this.#workers[worker.worker] !== worker) return;
    if (message.kind === 'offer') {
      // An old offer, taken back since: the answer to the task that is on it now is still to come.
      if (worker.task === undefined) this.#onOffer(worker);
    } else {
      this.#settleFrom(worker, message);
      if (message.offered) this.#onOffer(worker);
    }
    this.#pump();
  }

  #onOffer(worker: Attached): void {
    if (this.#table.accept(worker.worker, worker.epoch, this.#seat.ticket)) this.#feed(worker);
    else worker.port.postMessage({ kind: 'missed-offer' } satisfies SenderMessage);
  }

  /** What arrived could be copied but not rebuilt here; with it went the word on whose turn it is. */
  #onUnreadableResult(worker: Attached, error: unknown): void {
    if (this.#workers[worker.worker] !== worker || worker.task === undefined) return;
    const { task } = worker;
    this.#giveBack(worker, notCloneable('result', task.order.name, error));
    if (this.#table.accept(worker.worker, worker.epoch, this.#seat.ticket)) this.#feed(worker);
    this.#pump();
  }

  #settleFrom(worker: Attached, message: Exclude<WorkerMessage, { kind: 'offer' }>): void {
    if (message.kind === 'error') {
      this.#giveBack(worker, unpackError(message.error));
      return;
    }
    const task = this.#take(worker);
    if (task === undefined || task.phase === 'settled') return;
    this.#completed += 1;
    task.resolve(message.value);
    this.#noteSettled();
  }

  #giveBack(worker: Attached, reason: unknown): void {
    const task = this.#take(worker);
    if (task !== undefined) this.#reject(task, reason);
  }

  #take(worker: Attached): Task | undefined {
    const { task } = worker;
    worker.task = undefined;
    if (task !== undefined) this.#options.onDone?.(worker.worker, task.order.name);
    return task;
  }

  /** Rejects a task, waiting or running, before its time. */
  #giveUp(task: Task, reason: unknown): void {
    if (task.phase === 'queued') {
      this.#queue.remove(task);
      this.#publish();
    }
    const worker = this.#workers.find((attached) => attached?.task === task);
    this.#reject(task, reason);
    if (worker === undefined) return;
    // Not condemned: the job is over already, or its worker dead; word of it is on the way.
    if (!this.#table.condemn(worker.worker, worker.epoch, this.#seat.ticket)) return;
    this.#drop(worker.worker);
    this.#take(worker);
    this.#options.onCondemned(worker.worker);
  }

  #reject(task: Task, reason: unknown): void {
    if (task.phase === 'settled') return;
    this.#failed += 1;
    task.reject(reason);
    this.#noteSettled();
  }

  #noteSettled(): void {
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#keepAlive.unref();
    this.#noteIdle();
  }

  #noteIdle(): void {
    if (this.#refusal === undefined || this.#unsettled > 0) return;
    clearInterval(this.#keepAlive);
    this.#idle.resolve();
  }

  #drop(index: number): void {
    this.#workers[index]?.port.close();
    this.#workers[index] = undefined;
  }
}

function orderFor(job: unknown): JobOrder {
  if (typeof job === 'string') return { kind: 'named', name: job };
  if (typeof job !== 'function') throw poolOptionRefused('job', job, 'the name of a job, or a function');
  return { kind: 'source', name: job.name || '(anonymous)', source: Function.prototype.toString.call(job) };
}

/** The next message that has arrived and was not delivered yet. */
function readMessage(worker: Attached | undefined): WorkerMessage | undefined {
  try {
    return worker && receiveMessageOnPort(worker.port)?.message;
  } catch {
    // It cannot be rebuilt here: as good as none.
    return undefined;
  }
}
