import { packError } from '#threads/packed-error.ts';
import { type ClaimTable, SLOTS } from './claim-table.ts';
import { setCurrentJob } from './current-job.ts';
import { explainClosure, type JobCatalog, kindOf } from './job-catalog.ts';
import type { JobPace } from './job-pace.ts';
import { isPlain, largeBuffersOf } from './large-buffers.ts';
import { notCloneable } from './pool-errors.ts';
import type { JobEnd, SenderLink, SentJob, WorkerMessage, WorkerReport } from './pool-messages.ts';
import { RunningJob } from './running-job.ts';

/** What a {@link Hold} needs of its pool thread. */
export interface HoldHost {
  readonly catalog: JobCatalog;
  readonly table: ClaimTable;
  /** The place of the thread in the table. */
  readonly worker: number;
  /** How long jobs take here. */
  readonly pace: JobPace;
  /** Tells the owner of each job, where it asked for that. */
  readonly report: ((report: WorkerReport) => void) | undefined;
  /**
   * No job is left and none will come: the thread goes on to whoever waits.
   * @returns whether it is the same sender's turn again
   */
  readonly onOver: (hold: Hold) => boolean;
}

/** Ends are kept back for so long, in milliseconds: one message with many costs less than many with one. */
const KEEP_MS = 0.25;

/**
 * A sender's row of jobs on this pool thread, from the first that comes until none is left. They run one at a time, in
 * order; those that were taken back are passed over. What has ended is told in the same order, several at once where
 * they are short.
 */
export class Hold {
  /** Whose jobs these are. */
  readonly link: SenderLink;
  readonly #host: HoldHost;
  /** Those that have come; one that could not be read is `undefined`. */
  #received: (SentJob | undefined)[] = [];
  /** How many of them have begun. */
  #begun = 0;
  /** The slot of the next that begins, and of the first end that is not sent. */
  #slot = 0;
  #endSlot = 0;
  #running: RunningJob | undefined;
  #ends: JobEnd[] = [];
  /** Whose ends those are. */
  #names: string[] = [];
  #moved: ArrayBuffer[] = [];
  #keptSince = 0;
  #isOrphan = false;
  #isHindered = false;
  #isReset = false;

  /**
   * @param link whose jobs these are
   * @param host the thread
   */
  constructor(link: SenderLink, host: HoldHost) {
    this.link = link;
    this.#host = host;
  }

  /** The job that runs. */
  get running(): RunningJob | undefined {
    return this.#running;
  }

  /**
   * Jobs have come; they run at once if none does.
   * @param jobs one that was announced and could not be sent is `undefined`
   */
  receive(jobs: readonly (SentJob | undefined)[]): void {
    for (const job of jobs) this.#received.push(job);
    if (this.#running === undefined) this.#run();
  }

  /** Jobs have come that cannot be read: nothing begins any more, for nobody here knows which they are. */
  hinder(): void {
    this.#isHindered = true;
  }

  /** The sender has taken back what has not begun: what runs is the last. */
  reset(): void {
    this.#received = [];
    this.#begun = 0;
    this.#isReset = true;
    if (this.#running === undefined) this.#endReset();
  }

  #endReset(): void {
    this.flush();
    this.#post({ kind: 'all-ended', ask: 0, offered: this.#host.onOver(this) });
  }

  /** The sender is gone: what has not begun is forgotten, and nobody wants to know of the rest. */
  orphan(): void {
    this.#isOrphan = true;
    this.#received = [];
    this.#begun = 0;
    this.#ends = [];
    this.#names = [];
  }

  /** Sends the ends that are kept back. */
  flush(): void {
    if (this.#ends.length > 0) this.#send(false);
  }

  /** Tells a sender that could not read an end how far things are. */
  tell(): void {
    this.flush();
    this.#post({ kind: 'ends', slot: this.#endSlot, ends: [], offered: false });
  }

  /** Runs jobs up to one that is not over when it returns. */
  #run(): void {
    while (this.#begun < this.#received.length && !this.#isHindered) {
      const job = this.#received[this.#begun];
      const slot = this.#slot;
      this.#begun += 1;
      this.#slot = (slot + 1) % SLOTS;
      const { table, worker, pace } = this.#host;
      if (job === undefined || !table.begin(worker, this.link.ticket, slot)) {
        if (this.#note('not-run', '')) return;
        continue;
      }
      // No end is kept back for a job that may take long, or that its caller may give up for taking long.
      if (job.watched === true || pace.expectedMs(kindOf(job.order)) > KEEP_MS) this.flush();
      const end = this.#start(job, slot);
      if (end === undefined) break;
      if (this.#note(end, job.order.name)) return;
    }
    if (this.#begun === this.#received.length) {
      this.#received = [];
      this.#begun = 0;
    }
    this.flush();
  }

  /** Notes an end, in its turn. @returns whether it was the last */
  #note(end: JobEnd, name: string): boolean {
    const { table, worker, onOver } = this.#host;
    const isAlone = typeof end === 'object' && 'value' in end && !isPlain(end.value);
    if (isAlone) this.flush();
    this.#ends.push(end);
    this.#names.push(name);
    const isLast = table.takeFromInbox(worker) || this.#isOrphan;
    if (this.#isReset) {
      this.#endReset();
      return true;
    }
    if (isLast) this.#send(onOver(this));
    else if (isAlone || this.#moved.length > 0) this.#send(false);
    else if (this.#ends.length === 1) this.#keptSince = performance.now();
    else if (performance.now() - this.#keptSince > KEEP_MS) this.#send(false);
    return isLast;
  }

  /** @returns how it ended; `undefined` where that is still to come */
  #start(job: SentJob, slot: number): JobEnd | undefined {
    const { catalog, table, worker, report } = this.#host;
    const { ticket } = this.link;
    const running = new RunningJob(job, slot, {
      isAskedToStop: () => table.isAskedToStop(worker, ticket, slot),
      post: (message) => this.#post(message),
    });
    this.#running = running;
    setCurrentJob(running);
    report?.({ kind: 'job-started', name: job.order.name });
    try {
      const value = catalog.find(job.order)(...job.args);
      if (job.items === undefined && !isThenable(value)) return this.#succeed(running, value);
      void this.#await(running, value);
      return undefined;
    } catch (error) {
      return this.#fail(running, error);
    }
  }

  async #await(running: RunningJob, value: unknown): Promise<void> {
    let end: JobEnd;
    try {
      const settled = await value;
      const { items } = running.job;
      end = this.#succeed(running, items === undefined ? settled : await running.stream(settled));
    } catch (error) {
      end = this.#fail(running, error);
    }
    if (!this.#note(end, running.job.order.name)) this.#run();
  }

  #succeed(running: RunningJob, value: unknown): JobEnd {
    if (running.job.moves === true) this.#moved.push(...largeBuffersOf(value));
    return { value, ms: this.#over(running) };
  }

  #fail(running: RunningJob, thrown: unknown): JobEnd {
    return { error: packError(explainClosure(running.job.order, thrown)), ms: this.#over(running) };
  }

  /** @returns how long it took, in milliseconds */
  #over(running: RunningJob): number {
    const { job, slot, startedAt } = running;
    const ms = performance.now() - startedAt;
    this.#running = undefined;
    running.onOver();
    this.#host.table.end(this.#host.worker, this.link.ticket, slot);
    setCurrentJob(undefined);
    this.#host.pace.note(kindOf(job.order), ms);
    this.#host.report?.({ kind: 'job-done', name: job.order.name });
    return ms;
  }

  #send(offered: boolean): void {
    const ends = this.#ends;
    const names = this.#names;
    const moved = this.#moved;
    const slot = this.#endSlot;
    this.#ends = [];
    this.#names = [];
    this.#moved = [];
    this.#endSlot = (slot + ends.length) % SLOTS;
    try {
      this.#post({ kind: 'ends', slot, ends, offered }, moved);
    } catch {
      // One of them cannot be copied, and is found by trying each.
      this.#post({ kind: 'ends', slot, ends: ends.map((end, at) => cloneableEnd(end, names[at])), offered });
    }
  }

  #post(message: WorkerMessage, moved: ArrayBuffer[] = []): void {
    if (!this.#isOrphan) this.link.port.postMessage(message, moved);
  }
}

function cloneableEnd(end: JobEnd, name = ''): JobEnd {
  if (typeof end === 'string' || 'error' in end) return end;
  try {
    structuredClone(end.value);
    return end;
  } catch (cause) {
    return { error: packError(notCloneable('result', name, cause)), ms: end.ms };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
