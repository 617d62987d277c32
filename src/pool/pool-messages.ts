import type { MessagePort } from 'node:worker_threads';
import type { PackedError } from '#threads/packed-error.ts';

/** What a worker is to run: an export of the tasks module, or a function sent as source. */
export type JobOrder =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'source'; readonly name: string; readonly source: string };

/** Sender to pool thread, over the port between the two. Only who holds the thread may send. */
export type SenderMessage =
  /** Run these, one after the other. */
  | { readonly kind: 'jobs'; readonly jobs: readonly SentJob[] }
  /** So many jobs were announced and could not be sent. */
  | { readonly kind: 'none'; readonly jobs: number }
  /** You could not read what I sent, and I have taken back all that has not begun: end it. */
  | { readonly kind: 'reset' }
  /** I could not read what you sent: how far are you? `ask` comes back. */
  | { readonly kind: 'ask'; readonly ask: number }
  /** The stream that runs may send so many more items. */
  | { readonly kind: 'pull'; readonly items: number }
  /** Nobody reads the stream that runs any more. */
  | { readonly kind: 'stop' }
  /** The job of this slot was given up: it is asked to stop. */
  | { readonly kind: 'abort'; readonly slot: number }
  /** I hold you and have nothing to run: go on to who waits. */
  | { readonly kind: 'release' }
  /** I saw your offer too late, but I am back: offer yourself to me again. */
  | { readonly kind: 'missed-offer' };

/** Pool thread to sender, over the same port. */
export type WorkerMessage =
  /** I am free and it is your turn: take me, if you still need me. */
  | { readonly kind: 'offer' }
  /**
   * So these jobs have ended, in the order in which they were sent. The first has this slot; what is missing before it
   * could not be read. `offered`: and it is your turn again, see `offer`.
   */
  | {
      readonly kind: 'ends';
      readonly slot: number;
      readonly ends: readonly JobEnd[];
      readonly offered: boolean;
    }
  /** What you have sent cannot be rebuilt here. Nothing of yours begins until you say `reset`. */
  | { readonly kind: 'unreadable'; readonly error: PackedError }
  /** Nothing that you have sent runs any more. To which `ask`; 0: `reset`. `offered`: see `offer` */
  | { readonly kind: 'all-ended'; readonly ask: number; readonly offered: boolean }
  /** The stream that runs has these items. */
  | { readonly kind: 'items'; readonly items: readonly unknown[] }
  /** The job that runs tells of its progress. */
  | { readonly kind: 'progress'; readonly value: unknown };

/** A job on its way. */
export interface SentJob {
  readonly order: JobOrder;
  readonly args: readonly unknown[];
  /** Its result is a stream, of which so many items may come before the first `pull`. */
  readonly items?: number;
  /** Whether large buffers of its result are moved rather than copied. */
  readonly moves?: true;
  /** Whether its caller may give it up. */
  readonly watched?: true;
  /** Whether somebody listens to its progress. */
  readonly tells?: true;
}

/** How a job has ended, and how long it took, in milliseconds. */
export type JobEnd =
  | { readonly value: unknown; readonly ms: number }
  | { readonly error: PackedError; readonly ms: number }
  /** It was taken back before it began, or never came. */
  | 'not-run';

/** A sender as a pool thread knows it. */
export interface SenderLink {
  /** The sender's place in the table, from 0. */
  readonly sender: number;
  /** Which of the threads that ever had that place; never given twice. */
  readonly ticket: number;
  /** The pool thread's end of the port between the two. */
  readonly port: MessagePort;
}

/** A pool thread as a sender knows it. Goes to the sender's `attach()`; its port is to be transferred. */
export interface WorkerLink {
  /** The pool thread's place in the table, from 0. */
  readonly worker: number;
  /** Which of the threads that ever had that place. */
  readonly epoch: number;
  /** The sender's end of the port between the two. */
  readonly port: MessagePort;
}

/** What makes a thread a sender; for its `workerData`, with the ports of `links` in the transfer list. */
export interface SenderSeat {
  /** The table of claims, shared by all. */
  readonly table: SharedArrayBuffer;
  /** The sender's place in the table, from 0. */
  readonly sender: number;
  /** Its ticket: a thread that takes the place later has another. */
  readonly ticket: number;
  /** The pool threads there were when it was made. */
  readonly links: readonly WorkerLink[];
}

/** Owner to pool thread, over the thread's own channel. */
export type OwnerMessage =
  | { readonly kind: 'sender'; readonly link: SenderLink }
  | { readonly kind: 'sender-gone'; readonly ticket: number };

/** Pool thread to owner: only where the owner asked for it, since each costs a message. */
export type WorkerReport =
  | { readonly kind: 'job-started'; readonly name: string }
  | { readonly kind: 'job-done'; readonly name: string };

/** What a pool thread has to say when it is ready: why its tasks module could not be loaded, if so. */
export interface WorkerReady {
  readonly tasksError: PackedError | undefined;
}

/** What a pool thread starts with, as its `workerData`. */
export interface WorkerLaunch {
  readonly table: SharedArrayBuffer;
  readonly worker: number;
  readonly epoch: number;
  /** The URL of the tasks module. */
  readonly tasks: string | undefined;
  /** Whether the owner wants {@link WorkerReport}s. */
  readonly reportJobs: boolean;
  /** By how much the thread yields to others; 0: not at all. */
  readonly nice: number;
  readonly links: readonly SenderLink[];
}
