import { workerData } from 'node:worker_threads';
import { packError } from '#threads/packed-error.ts';
import { onDrain, onMessage, postToOwner, reportReady } from '#threads/thread-side.ts';
import { ClaimTable } from './claim-table.ts';
import { explainClosure, JobCatalog } from './job-catalog.ts';
import { notCloneable } from './pool-errors.ts';
import type {
  JobOrder,
  OwnerMessage,
  SenderLink,
  SenderMessage,
  WorkerLaunch,
  WorkerMessage,
  WorkerReady,
  WorkerReport,
} from './pool-messages.ts';
import { Turns } from './turns.ts';

/** One pool thread: takes one job at a time from whoever holds it, and passes itself on when the job is over. */
class PoolThread {
  readonly #catalog: JobCatalog;
  readonly #turns: Turns;
  readonly #report: (report: WorkerReport) => void;
  /** The ticket of the sender whose job runs. */
  #running: number | undefined;
  #leave: (() => void) | undefined;

  constructor(launch: WorkerLaunch, catalog: JobCatalog) {
    this.#catalog = catalog;
    this.#turns = new Turns(new ClaimTable(launch.table), launch.worker, launch.epoch);
    this.#report = launch.reportJobs ? postToOwner : () => {};
    for (const link of launch.links) this.#connect(link);
  }

  open(): void {
    this.#turns.open();
  }

  onOwnerMessage(message: OwnerMessage): void {
    if (message.kind === 'sender') {
      this.#connect(message.link);
    } else {
      this.#turns.remove(message.ticket, this.#running === message.ticket);
      this.#leaveIfAsked();
    }
  }

  /** Resolves when no job runs and none can come. */
  drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#turns.leave()) resolve();
    else this.#leave = resolve;
    return promise;
  }

  #connect(link: SenderLink): void {
    link.port.on('message', (message: SenderMessage) => this.#onSenderMessage(link, message));
    link.port.on('messageerror', (error: unknown) => this.#onUnreadableJob(link, error));
    this.#turns.add(link);
  }

  #onSenderMessage(link: SenderLink, message: SenderMessage): void {
    if (message.kind === 'job') {
      this.#run(link, message.order, message.args);
    } else if (message.kind === 'missed-offer') {
      this.#turns.excuse(link.ticket);
    } else {
      this.#turns.release(link.ticket);
      this.#leaveIfAsked();
    }
  }

  #run(link: SenderLink, order: JobOrder, args: readonly unknown[]): void {
    this.#running = link.ticket;
    this.#turns.begin(link.ticket);
    this.#report({ kind: 'job-started', name: order.name });
    try {
      const value = this.#catalog.find(order)(...args);
      if (isThenable(value)) this.#await(link, order, value);
      else this.#succeed(link, order, value);
    } catch (error) {
      this.#fail(link, order, error);
    }
  }

  #await(link: SenderLink, order: JobOrder, value: PromiseLike<unknown>): void {
    Promise.resolve(value).then(
      (settled) => this.#succeed(link, order, settled),
      (error: unknown) => this.#fail(link, order, error),
    );
  }

  #succeed(link: SenderLink, order: JobOrder, value: unknown): void {
    const offered = this.#finish(link, order.name);
    try {
      link.port.postMessage({ kind: 'result', value, offered } satisfies WorkerMessage);
    } catch (cause) {
      this.#postError(link, notCloneable('result', order.name, cause), offered);
    }
    this.#leaveIfAsked();
  }

  #fail(link: SenderLink, order: JobOrder, thrown: unknown): void {
    this.#postError(link, explainClosure(order, thrown), this.#finish(link, order.name));
    this.#leaveIfAsked();
  }

  /** What arrived could be copied but not rebuilt here. Only a job has parts that can fail so. */
  #onUnreadableJob(link: SenderLink, error: unknown): void {
    this.#turns.begin(link.ticket);
    this.#postError(link, notCloneable('arguments', '(unreadable)', error), this.#turns.finish(link.ticket));
    this.#leaveIfAsked();
  }

  #finish(link: SenderLink, name: string): boolean {
    this.#running = undefined;
    this.#report({ kind: 'job-done', name });
    return this.#turns.finish(link.ticket);
  }

  #postError(link: SenderLink, error: unknown, offered: boolean): void {
    link.port.postMessage({ kind: 'error', error: packError(error), offered } satisfies WorkerMessage);
  }

  #leaveIfAsked(): void {
    if (this.#leave !== undefined && this.#turns.leave()) this.#leave();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

const launch: WorkerLaunch = workerData;
const catalog = await JobCatalog.load(launch.tasks);
const thread = new PoolThread(launch, catalog);
onMessage((message) => thread.onOwnerMessage(message as OwnerMessage));
onDrain(() => thread.drain());
const { failure } = catalog;
reportReady({ tasksError: failure && packError(failure) } satisfies WorkerReady);
thread.open();
