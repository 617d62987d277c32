import { MessageChannel, type ResourceLimits } from 'node:worker_threads';
import { HeddleError } from '#observe/heddle-error.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import { asError, type PackedError, packError, unpackError } from '#threads/packed-error.ts';
import { type AfterExit, type ThreadLaunch, ThreadSupervisor } from '#threads/supervisor.ts';
import { ClaimTable, EPOCHS, TICKETS } from './claim-table.ts';
import { noWorkers, poolClosed } from './pool-errors.ts';
import type {
  OwnerMessage,
  SenderLink,
  SenderSeat,
  WorkerLaunch,
  WorkerLink,
  WorkerReady,
  WorkerReport,
} from './pool-messages.ts';
import { checkPoolSize } from './pool-options.ts';

/** How the pool threads of a process are made. */
export interface PoolThreadsOptions {
  /** How many pool threads, a whole number from 1 to 1024. */
  readonly size: number;
  /** How many threads may have jobs at a time. @default 1 */
  readonly senders?: number;
  /** The module whose exported functions are the jobs. */
  readonly tasks?: URL | undefined;
  /** How many {@link PoolThreads.start} starts; {@link PoolThreads.startAnother} starts the others. @default all */
  readonly min?: number | undefined;
  /** What the threads find as `process.env`. @default a copy of this process's */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** By how much the threads yield to others on Linux, 0 to 19. @default 0 */
  readonly nice?: number | undefined;
  /** Limits of each thread's heap, as `node:worker_threads` takes them. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** How long {@link PoolThreads.close} waits for jobs that still run, in milliseconds. @default no limit */
  readonly drainTimeoutMs?: number;
  /** Whether `onJob` and `onDone` are called: each then costs a message from the pool thread. @default false */
  readonly reportJobs?: boolean;
  /** A worker has begun a job. */
  readonly onJob?: (worker: number, name: string) => void;
  /** A worker is done with a job. */
  readonly onDone?: (worker: number, name: string) => void;
  /** A worker has found that no jobs will come any more, and has ended. */
  readonly onDisconnect?: (worker: number) => void;
  /** The end of a worker is being waited for. */
  readonly onShutdown?: (worker: number) => void;
  /** The tasks module could not be loaded; every job fails with this error. Called for each worker. */
  readonly onTasksError?: (worker: number, error: Error) => void;
  /** A worker has died. */
  readonly onDeath?: (worker: number, exit: ThreadExit, next: AfterExit) => void;
}

/**
 * How a sender is told of the pool threads. In a server these are messages to a server thread; what they carry can be
 * cloned, errors without losing their code.
 */
export interface SenderConnection {
  /** A pool thread can be used: `JobSender.attach()`. The link's port is to be transferred. */
  readonly deliver: (link: WorkerLink) => void;
  /** A pool thread has died: `JobSender.detach()`. A replacement is delivered later. */
  readonly workerGone: (worker: number, reason: PackedError) => void;
  /** No pool thread is left and none will come: `JobSender.fail()`. */
  readonly failed: (error: PackedError) => void;
}

/**
 * The pool threads of a process, and the senders they serve. Runs where the threads are owned: in a server the main
 * thread, for a `ThreadPool` the thread that made it. Jobs and results do not pass through here.
 *
 * Order, which senders rely on: of each pool thread a sender hears `deliver`, then at its death `workerGone`, then
 * `deliver` for its replacement.
 */
export class PoolThreads {
  readonly #options: PoolThreadsOptions;
  readonly #table: ClaimTable;
  readonly #supervisor: ThreadSupervisor;
  readonly #epochs: number[];
  readonly #senders = new Map<number, { readonly ticket: number; readonly connection: SenderConnection }>();
  #started = 0;
  #isLaunching = false;
  /** Another was wanted while one was starting. */
  #isWanted = false;
  #lastTicket = 0;
  #failure: PackedError | undefined;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #loadedWorkers = new Set<number>();
  #closing: Promise<void> | undefined;

  /**
   * Makes the set; {@link PoolThreads.start} starts the threads.
   * @param options how many and for whom
   * @throws HeddleError `ERR_HEDDLE_POOL_SIZE`
   */
  constructor(options: PoolThreadsOptions) {
    checkPoolSize(options.size);
    // Only who waits for it wants to know.
    this.#loaded.promise.catch(() => undefined);
    this.#options = options;
    this.#table = ClaimTable.create(options.size, options.senders ?? 1);
    this.#epochs = new Array<number>(options.size).fill(0);
    this.#supervisor = new ThreadSupervisor({
      kind: 'pool',
      size: options.size,
      entry: new URL(import.meta.resolve('#pool/pool-thread.ts')),
      resourceLimits: options.resourceLimits,
      env: options.env,
      // A sender with work keeps the process alive; threads that wait for work must not.
      keepAlive: false,
      drainTimeoutMs: options.drainTimeoutMs ?? Number.POSITIVE_INFINITY,
      launch: (worker) => this.#launch(worker),
      // A job that kills its worker, at once or by what it left behind, costs that job. It must not cost the
      // worker's place as well; and as each such death takes a job, restarting at once is no endless loop.
      isForgiven: (thread) => this.#table.isUsed(thread.index),
      onReady: (thread, detail) => this.#onThreadReady(thread, detail as WorkerReady),
      onMessage: (thread, message) => this.#onThreadReport(thread.index, message as WorkerReport),
      onExit: (thread, exit, next) => this.#onThreadExit(thread.index, exit, next),
      onFailed: (error) => this.#onSetFailed(noWorkers(error)),
    });
  }

  /** The threads there are now, none of them before {@link start}; to look at. */
  threads(): readonly ManagedThread[] {
    return this.#supervisor.threads();
  }

  /** How many jobs wait for a thread, at all senders; to look at. */
  get waiting(): number {
    return this.#table.waiting();
  }

  /**
   * Whether a thread has a job; to look at.
   * @param worker its number
   */
  isBusy(worker: number): boolean {
    return this.#table.isBusy(worker);
  }

  /** Resolves when every thread has loaded the tasks; rejects with the first error by which one cannot. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Starts the threads. Jobs given to senders before wait for them. */
  start(): void {
    const { size, min = size } = this.#options;
    while (this.#started < min) this.#supervisor.start(this.#started++);
  }

  /** Starts one more thread, unless one is starting or all were started. */
  startAnother(): void {
    if (this.#started === this.#options.size || this.#closing !== undefined) return;
    // Its launch is told to senders, who are still short then.
    if (this.#isLaunching) return;
    this.#isWanted = this.threads().some(({ phase }) => phase === 'starting');
    if (this.#isWanted) return;
    this.#isLaunching = true;
    this.#supervisor.start(this.#started++);
    this.#isLaunching = false;
  }

  /**
   * Makes a thread a sender.
   * @param sender its place, from 0 below `senders`; free, or freed by {@link PoolThreads.disconnect}
   * @param connection how to tell it of the pool threads
   * @returns what its `JobSender` is made of, with the pool threads there are now; of later ones `connection` is told
   */
  connect(sender: number, connection: SenderConnection): SenderSeat {
    if (sender < 0 || sender >= (this.#options.senders ?? 1) || this.#senders.has(sender)) {
      throw new RangeError(`There is no free place ${sender} for a sender of jobs.`);
    }
    this.#lastTicket = (this.#lastTicket % (TICKETS - 1)) + 1;
    const ticket = this.#lastTicket;
    this.#senders.set(sender, { ticket, connection });
    // Told later: the caller needs the seat first.
    queueMicrotask(() => this.#failure && connection.failed(this.#failure));
    const links = this.#supervisor.threads().map((thread) => {
      const [senderLink, workerLink] = this.#link(sender, ticket, thread.index);
      thread.post({ kind: 'sender', link: senderLink } satisfies OwnerMessage, [senderLink.port]);
      return workerLink;
    });
    return { table: this.#table.buffer, sender, ticket, links };
  }

  /**
   * A sender's thread has ended. Its waiting jobs are forgotten; a running one goes on to its end, or for another
   * `timeoutMs` where it has one, and its result goes nowhere.
   * To be called only when that thread runs no more.
   * @param sender its place; free from now on
   */
  disconnect(sender: number): void {
    const gone = this.#senders.get(sender);
    if (gone === undefined) return;
    this.#senders.delete(sender);
    this.#table.setWaiting(sender, 0);
    const message: OwnerMessage = { kind: 'sender-gone', ticket: gone.ticket };
    for (const thread of this.#supervisor.threads()) thread.post(message);
    this.#limitOrphans(gone.ticket);
    // It may have died between giving up a worker and saying so.
    this.replaceCondemned();
  }

  /** The timers that limited the jobs of a dead sender have died with it. */
  #limitOrphans(ticket: number): void {
    for (const [worker, epoch] of this.#epochs.entries()) {
      const limitMs = this.#table.limit(worker);
      if (limitMs <= 0 || !this.#table.isHeldBy(worker, epoch, ticket)) continue;
      const giveUp = () => this.#table.condemn(worker, epoch, ticket) && this.replaceCondemned();
      setTimeout(giveUp, limitMs).unref();
    }
  }

  /** Replaces the workers whose running jobs were given up by their senders (`JobSenderOptions.onCondemned`). */
  replaceCondemned(): void {
    for (const thread of this.#supervisor.threads()) {
      if (this.#table.isCondemned(thread.index)) void thread.terminate();
    }
  }

  /**
   * Lets running jobs finish, then ends and joins each thread. Senders should be closed before: jobs that wait
   * reject with `ERR_HEDDLE_POOL_CLOSED`.
   * @returns resolves when every thread has ended
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Ends the threads where they stand.
   * @returns resolves when every thread has ended, or is held by native code for longer than two seconds
   */
  async terminate(): Promise<void> {
    const ended = this.#supervisor.terminate();
    this.#onSetFailed(poolClosed());
    await ended;
  }

  async #close(): Promise<void> {
    this.#onSetFailed(poolClosed());
    const threads = this.#supervisor.threads();
    const drained = this.#supervisor.drain();
    for (const thread of threads) {
      this.#options.onShutdown?.(thread.index);
      await thread.exited;
    }
    await drained;
  }

  #launch(worker: number): ThreadLaunch {
    const epoch = ((this.#epochs[worker] ?? 0) + 1) % EPOCHS;
    this.#epochs[worker] = epoch;
    const links: SenderLink[] = [];
    for (const [sender, { ticket, connection }] of this.#senders) {
      const [senderLink, workerLink] = this.#link(sender, ticket, worker);
      links.push(senderLink);
      connection.deliver(workerLink);
    }
    const workerData: WorkerLaunch = {
      table: this.#table.buffer,
      worker,
      epoch,
      tasks: this.#options.tasks?.href,
      reportJobs: this.#options.reportJobs ?? false,
      nice: this.#options.nice ?? 0,
      links,
    };
    return { workerData, transferList: links.map((link) => link.port) };
  }

  /** A new port between a sender and a pool thread: what the thread is to have, and what the sender. */
  #link(sender: number, ticket: number, worker: number): [SenderLink, WorkerLink] {
    const { port1, port2 } = new MessageChannel();
    return [
      { sender, ticket, port: port1 },
      { worker, epoch: this.#epochs[worker] ?? 0, port: port2 },
    ];
  }

  #onThreadReady(thread: ManagedThread, detail: WorkerReady): void {
    if (this.#isWanted && [...this.#senders.keys()].some((sender) => this.#table.isWaiting(sender)))
      this.startAnother();
    if (detail.tasksError === undefined) {
      this.#loadedWorkers.add(thread.index);
      if (this.#loadedWorkers.size === this.#options.size) this.#loaded.resolve();
      return;
    }
    const error = asError(unpackError(detail.tasksError));
    this.#loaded.reject(error);
    this.#options.onTasksError?.(thread.index, error);
  }

  #onThreadReport(worker: number, report: WorkerReport): void {
    if (report.kind === 'job-started') this.#options.onJob?.(worker, report.name);
    else this.#options.onDone?.(worker, report.name);
  }

  #onThreadExit(worker: number, exit: ThreadExit, next: AfterExit): void {
    // Before anyone hears of it: from here on nobody can take the thread.
    this.#table.withdraw(worker);
    const reason = exit.error ?? new HeddleError('ERR_HEDDLE_THREAD_EXITED', 'It was stopped.');
    const packed = packError(reason);
    for (const { connection } of this.#senders.values()) connection.workerGone(worker, packed);
    if (exit.kind === 'drained') this.#options.onDisconnect?.(worker);
    else this.#options.onDeath?.(worker, exit, next);
  }

  #onSetFailed(error: Error): void {
    this.#loaded.reject(error);
    this.#failure ??= packError(error);
    for (const { connection } of this.#senders.values()) connection.failed(this.#failure);
  }
}
