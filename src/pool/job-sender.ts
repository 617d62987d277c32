import { asError, type PackedError, unpackError } from '#threads/packed-error.ts';
import { ClaimTable } from './claim-table.ts';
import { JobPace } from './job-pace.ts';
import type { ExecuteOptions, JobRunner, StreamOptions } from './job-runner.ts';
import { ITEMS_AHEAD, JobStream } from './job-stream.ts';
import { jobTimedOut, notCloneable, poolAborted, poolClosed, queueFull, workerDied } from './pool-errors.ts';
import type { SenderSeat, WorkerLink, WorkerMessage } from './pool-messages.ts';
import {
  checkAbortGrace,
  checkMaxQueue,
  checkPriority,
  checkTimeout,
  DEFAULT_ABORT_GRACE_MS,
  DEFAULT_MAX_QUEUE,
} from './pool-options.ts';
import { planFor, type SendPlan } from './send-plan.ts';
import type { JobSenderOptions, SenderStats } from './sender-options.ts';
import { SessionSet } from './session-set.ts';
import { Task } from './task.ts';
import { TaskLedger } from './task-ledger.ts';
import { TaskQueue } from './task-queue.ts';
import { WorkerNews } from './worker-news.ts';
import { type SentTask, STUCK_MS, WorkerSession } from './worker-session.ts';

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
  readonly #abortGraceMs: number;
  readonly #queue: TaskQueue;
  readonly #sessions = new SessionSet();
  readonly #pace = new JobPace();
  readonly #ledger: TaskLedger;
  readonly #news: WorkerNews;
  /** Why no more jobs are taken. */
  #refusal: (() => Error) | undefined;
  /** Why no worker is left. */
  #failure: Error | undefined;
  #isPumping = false;
  /** A look at threads that may be stuck by then. */
  #lookAgain: NodeJS.Timeout | undefined;
  #published = 0;

  /**
   * @param seat what `PoolThreads.connect()` gave for this thread
   * @param options where to report to
   * @throws HeddleError `ERR_HEDDLE_POOL_OPTION`
   */
  constructor(seat: SenderSeat, options: JobSenderOptions) {
    this.#seat = seat;
    this.#table = new ClaimTable(seat.table);
    this.#options = options;
    this.#ledger = new TaskLedger(options.meter);
    const { maxQueue = DEFAULT_MAX_QUEUE } = options;
    this.#abortGraceMs = options.abortGraceMs ?? DEFAULT_ABORT_GRACE_MS;
    checkMaxQueue(maxQueue);
    this.#queue = new TaskQueue(maxQueue);
    checkAbortGrace(this.#abortGraceMs);
    this.#news = new WorkerNews({
      ...{ ledger: this.#ledger, pace: this.#pace, onDone: options.onDone },
      isHeard: (session) => this.#sessions.has(session),
      requeue: (tasks) => this.#requeue(tasks),
    });
    for (const link of seat.links) this.attach(link);
  }

  /** The jobs of this sender; `running` are those a worker has. */
  get stats(): SenderStats {
    let { busyMs } = this.#ledger;
    const now = performance.now();
    for (const session of this.#sessions) busyMs += session.busyMs(now);
    return { ...this.#ledger.read(this.#queue.size), queued: this.#queue.size, busyMs };
  }

  /** See {@link JobRunner.execute}. */
  readonly execute: JobRunner<Jobs>['execute'] = (
    job: unknown,
    args: readonly unknown[] = [],
    options: ExecuteOptions = {},
  ): Promise<never> => {
    try {
      return this.#submit(Task.of(job, args, options)) as Promise<never>;
    } catch (error) {
      return Promise.reject(error);
    }
  };

  /** See {@link JobRunner.stream}. */
  readonly stream: JobRunner<Jobs>['stream'] = (
    job: unknown,
    args: readonly unknown[] = [],
    options: StreamOptions = {},
  ): JobStream<never, never> => {
    const stream = new JobStream<never, never>({
      pull: (items) => this.#sessions.find(task)?.session.post({ kind: 'pull', items }),
      stop: () => this.#stop(task),
    });
    const task = Task.of(job, args, options, { items: ITEMS_AHEAD, onItems: (items) => stream.push(items) });
    stream.follow(task.promise);
    try {
      void this.#submit(task);
    } catch (error) {
      task.reject(error);
    }
    return stream;
  };

  /** Resolves when the queue has room for one more job. */
  room(): Promise<void> {
    if (this.#queue.isFull) this.#pump();
    return this.#queue.untilRoom();
  }

  /**
   * A pool thread can be used from now on.
   * @param link from `PoolThreads`; its port belongs to this sender now
   */
  attach(link: WorkerLink): void {
    const session = new WorkerSession(link, this.#table, this.#seat.ticket);
    this.#sessions.add(session);
    link.port.on('message', (message: WorkerMessage) => this.#onWorkerMessage(session, message));
    link.port.on('messageerror', (cause: unknown) => this.#news.onUnreadable(session, cause));
    link.port.unref();
    this.#pump();
  }

  /**
   * A pool thread has died. Its job here, if it had one, rejects with `ERR_HEDDLE_POOL_WORKER_DIED`; those that had not
   * begun go to another.
   * @param index the pool thread
   * @param reason how it died
   */
  detach(index: number, reason: PackedError): void {
    const session = this.#sessions.at(index);
    if (session === undefined) return;
    // What it had already sent counts: its job was done.
    this.#news.hearAll(session);
    this.#sessions.drop(index);
    this.#requeue(session.takeBackAll());
    this.#forsake(session, (name) => workerDied(index, name, asError(unpackError(reason))));
    this.#pump();
  }

  /**
   * No pool thread is left and none will come: what waits, and what comes later, rejects.
   * @param reason why
   */
  fail(reason: PackedError): void {
    const error = asError(unpackError(reason));
    this.#refusal ??= () => error;
    this.#failure ??= error;
    this.#clearQueue(error);
  }

  /**
   * Takes no more jobs.
   * @returns resolves when those it has are settled
   */
  close(): Promise<void> {
    this.#refusal ??= poolClosed;
    return this.#ledger.close();
  }

  /**
   * Takes no more jobs and rejects those it has.
   * @param reason what they reject with; an `ERR_HEDDLE_POOL_ABORTED` where it is `undefined`
   */
  abort(reason: unknown = poolAborted()): void {
    this.#refusal ??= poolClosed;
    for (const session of this.#sessions) {
      if (session.size === 0) continue;
      this.#news.hearAll(session);
      for (const task of session.takeBackAll()) this.#ledger.reject(task, reason);
      for (const task of session.tasks()) this.#ledger.reject(task, reason);
      this.#condemn(session);
    }
    this.#clearQueue(reason);
  }

  #submit(task: Task): Promise<unknown> {
    const { signal, timeoutMs, priority } = task.options;
    checkTimeout(timeoutMs);
    checkPriority(priority);
    signal?.throwIfAborted();
    if (this.#refusal !== undefined) throw this.#refusal();
    // Those of this turn are not sent yet.
    if (this.#queue.isFull) this.#pump();
    if (this.#queue.isFull) {
      this.#options.meter?.onRefused();
      throw queueFull(this.#queue.limit);
    }
    task.watchSignal((reason) => this.#giveUp(task, reason));
    this.#queue.push(task);
    this.#ledger.open();
    // All jobs that are given in one turn are sent together.
    if (!this.#isPumping) process.nextTick(() => this.#pump());
    this.#isPumping = true;
    return task.promise;
  }

  /** Gives the waiting tasks to pool threads, as far as those can have them. */
  #pump(): void {
    this.#isPumping = false;
    clearTimeout(this.#lookAgain);
    this.#lookAgain = undefined;
    this.#feed();
    this.#takeBackFromStuck(performance.now());
    if (this.#queue.size === 0) return;
    // The order matters: say that a task waits, then look again. See claim-table.ts.
    this.#publish();
    this.#feed();
    if (this.#queue.size > 0) this.#options.onShort?.();
  }

  #feed(): void {
    const now = performance.now();
    this.#takeBackFromStuck(now);
    const claimed: WorkerSession[] = [];
    for (const session of this.#sessions) {
      if (claimed.length >= this.#queue.size) break;
      // One whose last end is still to be read may be idle already; that comes first.
      if (session.size > 0) continue;
      if (this.#table.claim(session.worker, session.epoch, this.#seat.ticket)) claimed.push(session);
    }
    for (const [at, session] of claimed.entries()) {
      this.#give(session, Math.ceil(this.#queue.size / (claimed.length - at)), now);
    }
    for (const session of this.#sessions) {
      if (this.#queue.size === 0) break;
      if (session.size === 0 || session.isStuck(now)) continue;
      this.#give(session, this.#queue.size, now);
    }
    this.#publish();
  }

  /** Sends a thread that this sender holds what is for it; one that gets nothing is released. */
  #give(session: WorkerSession, most: number, now: number): void {
    const isHeldAnew = session.size === 0;
    const isShared = this.#table.isOtherWaiting(this.#seat.sender);
    const plan = planFor(this.#queue, { session, pace: this.#pace, most, isShared });
    if (plan.tasks.length > 0) this.#send(session, plan, now);
    else if (isHeldAnew) session.post({ kind: 'release' });
  }

  #send(session: WorkerSession, { tasks, expectedMs }: SendPlan, now: number): void {
    const [first] = tasks;
    if (session.size === 0) this.#table.setLimit(session.worker, Math.ceil(first?.options.timeoutMs ?? 0));
    try {
      if (!session.send(tasks, expectedMs, now)) {
        this.#requeue(tasks);
        return;
      }
    } catch (cause) {
      // Which of them it was is found by sending each by itself, once their places have passed by.
      if (tasks.length > 1) for (const task of tasks) task.isExclusive = true;
      else if (first !== undefined)
        this.#ledger.reject(first, notCloneable('arguments', first.order.name, cause));
      this.#requeue(tasks);
      return;
    }
    for (const task of tasks) {
      task.begin((timeoutMs) => this.#timeOut(task, timeoutMs));
      this.#ledger.noteSent(now - task.givenAt);
    }
    for (const task of tasks) this.#options.onJob?.(session.worker, task.order.name);
  }

  #publish(): void {
    this.#queue.tellOfRoom();
    if (this.#queue.size === this.#published) return;
    this.#published = this.#queue.size;
    this.#table.setWaiting(this.#seat.sender, this.#published);
  }

  #onWorkerMessage(session: WorkerSession, message: WorkerMessage): void {
    // What was under way when the port was given up.
    if (!this.#sessions.has(session)) return;
    if (message.kind === 'offer') {
      // An old offer, taken back since: the ends of what is on it now are still to come.
      if (session.size === 0) this.#onOffer(session);
    } else {
      this.#news.hear(session, message);
      const mayHave = message.kind === 'all-ended' || (message.kind === 'ends' && message.offered);
      if (mayHave && session.size === 0) this.#onOffer(session);
    }
    this.#pump();
  }

  #onOffer(session: WorkerSession): void {
    if (this.#table.accept(session.worker, session.epoch, this.#seat.ticket)) {
      this.#give(session, this.#queue.size, performance.now());
      this.#publish();
    } else {
      session.post({ kind: 'missed-offer' });
    }
  }

  /** What waits behind a long job goes before what waits in the queue, for whoever is idle, or is next. */
  #takeBackFromStuck(now: number): void {
    if (!this.#sessions.mayBeFree) return;
    for (const session of this.#sessions) {
      if (session.size < 2) continue;
      if (session.isStuck(now)) this.#requeue(session.takeBackAll());
      else this.#lookAgain ??= setTimeout(() => this.#pump(), STUCK_MS);
    }
  }

  /** Tasks that were on a worker and have not begun are first again. */
  #requeue(tasks: readonly Task[]): void {
    for (const task of tasks.toReversed()) {
      if (task.phase === 'settled') continue;
      if (this.#failure !== undefined) this.#ledger.reject(task, this.#failure);
      else {
        task.requeue();
        this.#queue.unshift(task);
      }
    }
  }

  /** Nobody reads a stream any more. */
  #stop(task: Task): void {
    const { session, sent } = this.#sessions.find(task) ?? {};
    if (session === undefined || sent === undefined || session.takeBack(sent)) this.#giveUp(task, undefined);
    else session.post({ kind: 'stop' });
  }

  /** Rejects a task, waiting or running, before its time; one that runs is told, and has a while to come to an end. */
  #giveUp(task: Task, reason: unknown): void {
    if (task.phase === 'queued') {
      this.#queue.remove(task);
      this.#publish();
      this.#ledger.reject(task, reason);
      return;
    }
    const { session, sent } = this.#sessions.find(task) ?? {};
    this.#ledger.reject(task, reason);
    if (session === undefined || sent === undefined || session.takeBack(sent)) return;
    if (this.#abortGraceMs === 0) {
      this.#end(session, sent);
      return;
    }
    this.#table.askToStop(session.worker, this.#seat.ticket, sent.slot);
    session.post({ kind: 'abort', slot: sent.slot });
    sent.grace = setTimeout(() => this.#end(session, sent), this.#abortGraceMs).unref();
  }

  #timeOut(task: Task, timeoutMs: number): void {
    const { session, sent } = this.#sessions.find(task) ?? {};
    this.#ledger.reject(task, jobTimedOut(task.order.name, timeoutMs));
    if (session !== undefined && sent !== undefined) this.#end(session, sent);
  }

  /** A job that was given up and has not come to an end costs its worker. */
  #end(session: WorkerSession, sent: SentTask): void {
    if (!this.#sessions.has(session)) return;
    this.#news.hearAll(session);
    // It may have offered itself by that.
    if (session.size === 0) this.#onOffer(session);
    // Behind this only that job runs there, or none: no other is hit.
    const waiting = session.takeBackAll();
    if (session.has(sent) && this.#table.isRunning(session.worker, this.#seat.ticket, sent.slot)) {
      this.#condemn(session);
    }
    this.#requeue(waiting);
    this.#pump();
  }

  #condemn(session: WorkerSession): void {
    const { worker, epoch } = session;
    // Not condemned: the job is over already, or its worker dead; word of it is on the way.
    if (!this.#table.condemn(worker, epoch, this.#seat.ticket)) return;
    this.#sessions.drop(worker);
    this.#forsake(session, (name) => workerDied(worker, name, new Error('Its worker was replaced.')));
    this.#options.onCondemned(worker);
  }

  /** Of a worker that is gone: what had begun there rejects. */
  #forsake(session: WorkerSession, reason: (name: string) => Error): void {
    this.#ledger.busyMs += session.busyMs(performance.now());
    for (let sent = session.shift(); sent !== undefined; sent = session.shift()) {
      if (sent.isTakenBack) continue;
      const { name } = sent.task.order;
      this.#options.onDone?.(session.worker, name);
      this.#ledger.reject(sent.task, reason(name));
    }
  }

  #clearQueue(reason: unknown): void {
    while (this.#queue.size > 0) this.#ledger.reject(this.#queue.shift() as Task, reason);
    this.#publish();
  }
}
