import type { Task } from './task.ts';
import type { SentTask, WorkerSession } from './worker-session.ts';

/** The pool threads that a sender knows, by their place in the table. */
export class SessionSet {
  readonly #sessions: (WorkerSession | undefined)[] = [];

  /** Those there are. */
  *[Symbol.iterator](): Generator<WorkerSession> {
    for (const session of this.#sessions) if (session !== undefined) yield session;
  }

  /** The one of this place; `undefined` between a death and the replacement. */
  at(worker: number): WorkerSession | undefined {
    return this.#sessions[worker];
  }

  /** Whether it is one of these still. */
  has(session: WorkerSession): boolean {
    return this.#sessions[session.worker] === session;
  }

  /** One has come. */
  add(session: WorkerSession): void {
    this.drop(session.worker);
    this.#sessions[session.worker] = session;
  }

  /** One is gone: what it says is not heard any more. */
  drop(worker: number): void {
    this.#sessions[worker]?.port.close();
    this.#sessions[worker] = undefined;
  }

  /** Whether any has nothing of this sender's: it may be idle, or another's. */
  get mayBeFree(): boolean {
    return this.#sessions.some((session) => session?.size === 0);
  }

  /** Where a task is. */
  find(task: Task): { readonly session: WorkerSession; readonly sent: SentTask } | undefined {
    for (const session of this) {
      const sent = session.find(task);
      if (sent !== undefined) return { session, sent };
    }
    return undefined;
  }
}
