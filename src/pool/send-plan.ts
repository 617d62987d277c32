import type { JobPace } from './job-pace.ts';
import type { Task } from './task.ts';
import type { TaskQueue } from './task-queue.ts';
import type { WorkerSession } from './worker-session.ts';

/** A worker is sent ahead what it is expected to do within this, in milliseconds; all else waits for whoever is free. */
const AHEAD_MS = 1;
/** And one job of up to this, so that it need not wait for it between two. */
const ONE_AHEAD_MS = 5;

/** What a worker is sent in one message. */
export interface SendPlan {
  readonly tasks: readonly Task[];
  /** How long each is expected to take, in milliseconds. */
  readonly expectedMs: readonly number[];
}

/** Whom a plan is for. */
export interface PlanFor {
  readonly session: WorkerSession;
  readonly pace: JobPace;
  /** How many at most, 1 or more. */
  readonly most: number;
  /** Whether other senders wait for a worker: then it is had for one job. */
  readonly isShared: boolean;
}

/**
 * Takes from the queue's head what a worker is to be sent now: one task, and behind it those that are expected to be
 * short, for one message with many costs less than many with one, and a worker that has the next need not wait for it. A
 * task that needs the worker for itself goes alone.
 */
export function planFor(queue: TaskQueue, { session, pace, most, isShared }: PlanFor): SendPlan {
  const tasks: Task[] = [];
  const expectedMs: number[] = [];
  if (session.isExclusive) return { tasks, expectedMs };
  let budget = AHEAD_MS - session.expectedMs;
  for (let task = queue.peek(); task !== undefined; task = queue.peek()) {
    const ms = pace.expectedMs(task.kind);
    const before = session.size + tasks.length;
    if (before > 0) {
      if (isShared || task.isExclusive || tasks.length >= most || tasks.length >= session.room) break;
      if (ms > budget && !(before === 1 && ms <= ONE_AHEAD_MS)) break;
    }
    queue.shift();
    task.markSent();
    tasks.push(task);
    expectedMs.push(ms);
    budget -= ms;
    if (task.isExclusive) break;
  }
  return { tasks, expectedMs };
}
