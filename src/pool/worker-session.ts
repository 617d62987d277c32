import { receiveMessageOnPort } from 'node:worker_threads';
import { type ClaimTable, SLOTS } from './claim-table.ts';
import type { JobEnd, SenderMessage, SentJob, WorkerLink, WorkerMessage } from './pool-messages.ts';
import type { Task } from './task.ts';

/** A task that a worker was sent and has not told the end of. */
export interface SentTask {
  readonly task: Task;
  readonly slot: number;
  /** How long it is expected to take, in milliseconds. */
  readonly expectedMs: number;
  /** It was taken back, and is at another place by now. */
  isTakenBack: boolean;
  /** Where it was given up: until when it may go on. */
  grace?: NodeJS.Timeout;
}

/** A task that is on no worker any more. */
export interface EndedTask {
  readonly sent: SentTask;
  /** How it ended; `unread` where that could not be read. */
  readonly end: JobEnd | 'unread';
}

/**
 * A pool thread as a sender sees it, and the tasks that are on it: in the order in which they were sent, which is the
 * order in which they end. While there are any, the thread is the sender's.
 */
export class WorkerSession {
  /** The pool thread's place in the table. */
  readonly worker: number;
  /** Which of the threads that ever had that place. */
  readonly epoch: number;
  /** This side of the port between the two. */
  readonly port: WorkerLink['port'];
  #asks = 0;
  #isHindered = false;
  readonly #table: ClaimTable;
  readonly #ticket: number;
  #sent: (SentTask | undefined)[] = [];
  #ended = 0;
  #nextSlot = 0;
  #expectedMs = 0;
  #heardAt = 0;

  /**
   * @param link the pool thread
   * @param table the claims
   * @param ticket of this sender
   */
  constructor(link: WorkerLink, table: ClaimTable, ticket: number) {
    this.worker = link.worker;
    this.epoch = link.epoch;
    this.port = link.port;
    this.#table = table;
    this.#ticket = ticket;
  }

  /** How many tasks are on it, those that were taken back and not passed over yet included. */
  get size(): number {
    return this.#sent.length - this.#ended;
  }

  /** How many more may be sent: a row that filled every slot would look like an empty one. */
  get room(): number {
    return SLOTS - 1 - this.size;
  }

  /** How long what is on it is expected to take, in milliseconds. */
  get expectedMs(): number {
    return this.#expectedMs;
  }

  /** Whether nothing may be sent behind what is on it. */
  get isExclusive(): boolean {
    if (this.#isHindered) return true;
    return this.size > 0 && this.#sent[this.#ended]?.task.isExclusive === true;
  }

  /** The task that runs or is about to; `undefined` where there is none. */
  get first(): SentTask | undefined {
    return this.#sent[this.#ended];
  }

  /**
   * Sends tasks to a thread that this sender holds.
   * @param tasks at least one, at most {@link room}
   * @param expectedMs how long each is expected to take
   * @param now by the clock of `performance.now()`
   * @returns whether they are on their way. `false`: it is through with what it had and is passed on; only where it had
   *   some
   * @throws DataCloneError where arguments cannot be copied; then none of them is on its way
   */
  send(tasks: readonly Task[], expectedMs: readonly number[], now: number): boolean {
    const { worker } = this;
    const first = this.size === 0 ? 0 : this.#nextSlot;
    if (this.size === 0) {
      this.#heardAt = now;
      this.#table.fillInbox(worker, this.#ticket, tasks.length);
    } else if (!this.#table.addToInbox(worker, this.#ticket, tasks.length)) {
      return false;
    }
    for (const at of tasks.keys()) this.#table.setSent(worker, this.#ticket, (first + at) % SLOTS);
    this.#nextSlot = (first + tasks.length) % SLOTS;
    let isSent = false;
    try {
      const message: SenderMessage = { kind: 'jobs', jobs: tasks.map(jobOf) };
      const transfer = tasks.length === 1 ? tasks[0]?.transferList() : undefined;
      if (transfer === undefined) this.port.postMessage(message);
      else this.port.postMessage(message, transfer);
      isSent = true;
    } finally {
      for (const [at, task] of tasks.entries()) {
        const expected = isSent ? Math.min(expectedMs[at] ?? 0, UNKNOWN_IS_MS) : 0;
        this.#sent.push({
          ...{ task, slot: (first + at) % SLOTS, expectedMs: expected, isTakenBack: !isSent },
        });
        this.#expectedMs += expected;
      }
      // The thread may be waiting for them: they were announced.
      if (!isSent) this.port.postMessage({ kind: 'none', jobs: tasks.length } satisfies SenderMessage);
    }
    return true;
  }

  /**
   * Tells what runs there something.
   * @param message any but jobs
   */
  post(message: Exclude<SenderMessage, { kind: 'jobs' | 'none' }>): void {
    this.port.postMessage(message);
  }

  /** Takes the task that ends next off the thread. */
  shift(): SentTask | undefined {
    const sent = this.#sent[this.#ended];
    if (sent === undefined) return undefined;
    this.#sent[this.#ended] = undefined;
    clearTimeout(sent.grace);
    this.#ended += 1;
    this.#expectedMs -= sent.expectedMs;
    if (this.#ended === this.#sent.length) {
      this.#sent = [];
      this.#ended = 0;
      this.#expectedMs = 0;
      this.#isHindered = false;
    } else if (this.#ended > SLOTS) {
      // Those that have ended are not kept for as long as others follow.
      this.#sent = this.#sent.slice(this.#ended);
      this.#ended = 0;
    }
    return sent;
  }

  /**
   * Word of the thread has come.
   * @param message any but an offer
   * @returns the tasks that have ended by it, but for those that were taken back
   */
  hear(message: Exclude<WorkerMessage, { kind: 'offer' }>): EndedTask[] {
    const ended: EndedTask[] = [];
    this.#heardAt = performance.now();
    switch (message.kind) {
      case 'ends':
        // What is missing has come, and could be copied but not rebuilt here.
        while (this.size > 0 && this.first?.slot !== message.slot) this.#end(ended, 'unread');
        for (const end of message.ends) this.#end(ended, end);
        break;
      case 'all-ended':
        if (message.ask !== this.#asks && message.ask !== 0) break;
        while (this.size > 0) this.#end(ended, 'unread');
        break;
      case 'unreadable':
        break;
      case 'items':
        this.first?.task.onItems?.(message.items);
        break;
      case 'progress':
        this.first?.task.tell(message.value);
        break;
    }
    return ended;
  }

  /** Takes back every task that has not begun, in their order. */
  takeBackAll(): Task[] {
    const taken: Task[] = [];
    for (let at = this.#ended; at < this.#sent.length; at += 1) {
      const sent = this.#sent[at] as SentTask;
      if (this.takeBack(sent)) taken.push(sent.task);
    }
    return taken;
  }

  /** Takes one task back. @returns `false`: it has begun, or was taken back before */
  takeBack(sent: SentTask): boolean {
    if (
      sent.isTakenBack ||
      sent.task.options.transfer !== undefined ||
      !this.#table.takeBack(this.worker, this.#ticket, sent.slot)
    )
      return false;
    sent.isTakenBack = true;
    return true;
  }

  /** For how many milliseconds it has run what it has not told the end of. */
  busyMs(now: number): number {
    return this.size === 0 ? 0 : now - this.#heardAt;
  }

  /** Whether nothing was heard of it for so long that what waits there waits behind a long job. */
  isStuck(now: number): boolean {
    return now - this.#heardAt >= STUCK_MS;
  }

  /** The tasks that are on it and were not taken back. */
  tasks(): Task[] {
    return this.#sent.flatMap((sent) => (sent === undefined || sent.isTakenBack ? [] : [sent.task]));
  }

  /** Whether a task that was sent is still on it. */
  has(sent: SentTask): boolean {
    return this.#sent.includes(sent, this.#ended);
  }

  /** Where a task is on this thread. */
  find(task: Task): SentTask | undefined {
    for (let at = this.#ended; at < this.#sent.length; at += 1) {
      const sent = this.#sent[at] as SentTask;
      if (sent.task === task && !sent.isTakenBack) return sent;
    }
    return undefined;
  }

  /** Something of it could not be read here: it is asked how far it is. */
  ask(): void {
    this.#asks += 1;
    if (this.size > 0) this.post({ kind: 'ask', ask: this.#asks });
  }

  /**
   * It could not read something that was sent; nothing begins there any more.
   * @returns what had not begun, taken back; `undefined` where that is done already
   */
  reset(): Task[] | undefined {
    if (this.#isHindered || this.size === 0) return undefined;
    const tasks = this.takeBackAll();
    this.#isHindered = true;
    this.post({ kind: 'reset' });
    return tasks;
  }

  /** The messages that have arrived and were not delivered. */
  readMessages(): WorkerMessage[] {
    const messages: WorkerMessage[] = [];
    for (let tries = 0; tries < SLOTS; ) {
      try {
        const received = receiveMessageOnPort(this.port);
        if (received === undefined) break;
        messages.push(received.message);
      } catch {
        // One that cannot be rebuilt here is as good as none.
        tries += 1;
      }
    }
    return messages;
  }

  #end(ended: EndedTask[], end: EndedTask['end']): void {
    const sent = this.shift();
    if (sent !== undefined && !(sent.isTakenBack && typeof end === 'string')) ended.push({ sent, end });
  }
}

/** A worker of which nothing was heard for so long, in milliseconds, has a long job. */
export const STUCK_MS = 1;

/** An unknown job counts for this much, in milliseconds: enough to send nothing behind it. */
const UNKNOWN_IS_MS = 1000;

function jobOf({ order, args, options, items }: Task): SentJob {
  const { signal, transferResult, onProgress } = options;
  if (items === undefined && transferResult !== true && onProgress === undefined && signal === undefined) {
    return { order, args };
  }
  return {
    order,
    args,
    ...(items === undefined ? {} : { items }),
    ...(signal === undefined ? {} : { watched: true }),
    ...(transferResult === true ? { moves: true } : {}),
    ...(onProgress === undefined ? {} : { tells: true }),
  };
}
