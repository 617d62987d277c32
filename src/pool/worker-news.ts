import { unpackError } from '#threads/packed-error.ts';
import type { JobPace } from './job-pace.ts';
import { notCloneable } from './pool-errors.ts';
import type { JobEnd, WorkerMessage } from './pool-messages.ts';
import type { Task } from './task.ts';
import type { TaskLedger } from './task-ledger.ts';
import type { WorkerSession } from './worker-session.ts';

/** What {@link WorkerNews} needs of its sender. */
export interface NewsHost {
  readonly ledger: TaskLedger;
  readonly pace: JobPace;
  /** Whether a worker is one of the sender's still. */
  readonly isHeard: (session: WorkerSession) => boolean;
  /** A worker is done with a job, or was relieved of it. */
  readonly onDone: ((worker: number, name: string) => void) | undefined;
  /** Tasks have to be sent anew, before all others. */
  readonly requeue: (tasks: readonly Task[]) => void;
}

/** What workers say of the tasks that they were sent, and what follows for these. */
export class WorkerNews {
  readonly #host: NewsHost;

  /** @param host the sender */
  constructor(host: NewsHost) {
    this.#host = host;
  }

  /** Reads what has come and was not delivered yet. */
  hearAll(session: WorkerSession): void {
    for (const message of session.readMessages()) if (message.kind !== 'offer') this.hear(session, message);
  }

  /**
   * Word of a worker has come.
   * @param session the worker
   * @param message any but an offer
   */
  hear(session: WorkerSession, message: Exclude<WorkerMessage, { kind: 'offer' }>): void {
    if (message.kind === 'unreadable') this.#onUnreadableJobs(session, unpackError(message.error));
    for (const ended of session.hear(message)) {
      const { task } = ended.sent;
      this.#host.onDone?.(session.worker, task.order.name);
      if (typeof ended.end !== 'string') this.#settle(task, ended.end);
      else this.#host.ledger.reject(task, notCloneable('result', task.order.name, undefined));
    }
  }

  /** Jobs could not be rebuilt there. Which it was comes to light when each has a worker for itself. */
  #onUnreadableJobs(session: WorkerSession, cause: unknown): void {
    const { first, size } = session;
    const tasks = session.reset();
    if (tasks === undefined) return;
    if (size === 1 && first?.task.isExclusive === true) {
      this.#host.ledger.reject(first.task, notCloneable('arguments', first.task.order.name, cause));
    }
    for (const task of tasks) task.isExclusive = true;
    this.#host.requeue(tasks);
  }

  /** What came could be copied but not rebuilt here: an end, or items of a stream. */
  onUnreadable(session: WorkerSession, cause: unknown): void {
    if (!this.#host.isHeard(session)) return;
    const task = session.first?.task;
    if (task?.items !== undefined) {
      this.#host.ledger.reject(task, notCloneable('result', task.order.name, cause));
      session.post({ kind: 'stop' });
    }
    session.ask();
  }

  #settle(task: Task, end: Exclude<JobEnd, string>): void {
    this.#host.pace.note(task.kind, end.ms);
    this.#host.ledger.noteRun(end.ms);
    if ('error' in end) this.#host.ledger.reject(task, unpackError(end.error));
    else this.#host.ledger.resolve(task, end.value);
  }
}
