import type { Task } from './task.ts';

/**
 * The tasks that wait at one sender, first in, first out. A linked list, since an aborted task leaves from the middle
 * and ten thousand may wait.
 */
export class TaskQueue {
  #first: Task | undefined;
  #last: Task | undefined;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts a task at the end. */
  push(task: Task): void {
    task.previous = this.#last;
    if (this.#last === undefined) this.#first = task;
    else this.#last.next = task;
    this.#last = task;
    this.#size += 1;
  }

  /** Takes the task that has waited longest. */
  shift(): Task | undefined {
    const task = this.#first;
    if (task !== undefined) this.remove(task);
    return task;
  }

  /** Takes a task out, wherever it stands. It has to be in this queue. */
  remove(task: Task): void {
    if (task.previous === undefined) this.#first = task.next;
    else task.previous.next = task.next;
    if (task.next === undefined) this.#last = task.previous;
    else task.next.previous = task.previous;
    task.previous = undefined;
    task.next = undefined;
    this.#size -= 1;
  }
}
