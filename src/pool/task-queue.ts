import type { Task } from './task.ts';

/** The tasks of one priority, first in, first out: linked, since an aborted one leaves from the middle. */
interface Row {
  readonly priority: number;
  first: Task | undefined;
  last: Task | undefined;
}

/**
 * The tasks that wait at one sender: those of the highest priority first, and among these first in, first out. Ten
 * thousand may wait, of few priorities.
 */
export class TaskQueue {
  /** How many may wait. */
  readonly limit: number;
  /** Of descending priority; none is empty. */
  #rows: Row[] = [];
  #size = 0;
  #untilRoom: (() => void)[] = [];
  /** How many were told of room and may not have come yet. */
  #promised = 0;
  #isRoomKept = false;

  /** @param limit how many may wait */
  constructor(limit: number = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  /** Whether as many wait as may, or more: one that was taken back waits in any case. */
  get isFull(): boolean {
    return this.#size >= this.limit;
  }

  /** Resolves when one more may wait; who asks first is told first, and only so many are told as there is room for. */
  untilRoom(): Promise<void> {
    const told = new Promise<void>((resolve) => this.#untilRoom.push(resolve));
    this.tellOfRoom();
    return told;
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** The task whose turn it is. */
  peek(): Task | undefined {
    return this.#rows[0]?.first;
  }

  /** Puts a task behind those of its priority. */
  push(task: Task): void {
    const row = this.#rowOf(task.priority);
    task.previous = row.last;
    task.next = undefined;
    if (row.last === undefined) row.first = task;
    else row.last.next = task;
    row.last = task;
    this.#size += 1;
    if (this.#promised > 0) this.#promised -= 1;
  }

  /** Puts a task before those of its priority: it was taken, and is back. */
  unshift(task: Task): void {
    const row = this.#rowOf(task.priority);
    task.previous = undefined;
    task.next = row.first;
    if (row.first === undefined) row.last = task;
    else row.first.previous = task;
    row.first = task;
    this.#size += 1;
  }

  /** Takes the task whose turn it is. */
  shift(): Task | undefined {
    const task = this.peek();
    if (task !== undefined) this.remove(task);
    return task;
  }

  /** Takes a task out, wherever it stands. It has to be in this queue. */
  remove(task: Task): void {
    const row = this.#rowOf(task.priority);
    if (task.previous === undefined) row.first = task.next;
    else task.previous.next = task.next;
    if (task.next === undefined) row.last = task.previous;
    else task.next.previous = task.previous;
    task.previous = undefined;
    task.next = undefined;
    this.#size -= 1;
    if (row.first === undefined) this.#rows.splice(this.#rows.indexOf(row), 1);
  }

  /** Tells those that wait for room, as far as there is some. */
  tellOfRoom(): void {
    if (this.#untilRoom.length === 0) return;
    const room = Math.max(0, this.limit - this.#size - this.#promised);
    for (const resolve of this.#untilRoom.splice(0, room)) {
      resolve();
      this.#promised += 1;
    }
    if (this.#promised === 0 || this.#isRoomKept) return;
    // They come in this turn or not at all.
    this.#isRoomKept = true;
    setImmediate(() => {
      this.#isRoomKept = false;
      this.#promised = 0;
      this.tellOfRoom();
    });
  }

  #rowOf(priority: number): Row {
    const rows = this.#rows;
    let at = 0;
    for (; at < rows.length; at += 1) {
      const row = rows[at] as Row;
      if (row.priority === priority) return row;
      if (row.priority < priority) break;
    }
    const row: Row = { priority, first: undefined, last: undefined };
    rows.splice(at, 0, row);
    return row;
  }
}
