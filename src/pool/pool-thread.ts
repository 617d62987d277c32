import { setPriority } from 'node:os';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { packError } from '#threads/packed-error.ts';
import { onDrain, onMessage, postToOwner, reportReady } from '#threads/thread-side.ts';
import { ClaimTable } from './claim-table.ts';
import { Hold, type HoldHost } from './hold.ts';
import { JobCatalog } from './job-catalog.ts';
import { JobPace } from './job-pace.ts';
import { Lookout } from './lookout.ts';
import { notCloneable } from './pool-errors.ts';
import type {
  OwnerMessage,
  SenderLink,
  SenderMessage,
  WorkerLaunch,
  WorkerMessage,
  WorkerReady,
} from './pool-messages.ts';
import { Turns } from './turns.ts';

/** One pool thread: runs the jobs of whoever holds it, and passes itself on when they are over. */
class PoolThread {
  readonly #turns: Turns;
  readonly #host: HoldHost;
  /** Of the sender that holds this thread, once its first jobs have come. */
  #hold: Hold | undefined;
  #leave: (() => void) | undefined;
  readonly #lookout = new Lookout();
  /** The sender gives its jobs one by one. */
  #isSingle = false;

  constructor(launch: WorkerLaunch, catalog: JobCatalog) {
    const table = new ClaimTable(launch.table);
    this.#turns = new Turns(table, launch.worker, launch.epoch);
    this.#host = {
      ...{ catalog, table, worker: launch.worker, pace: new JobPace() },
      report: launch.reportJobs ? postToOwner : undefined,
      onOver: (hold) => this.#onOver(hold),
    };
    for (const link of launch.links) this.#connect(link);
    // A job that calls process.exit() takes none of those before it along.
    process.on('exit', () => this.#hold?.flush());
  }

  open(): void {
    this.#turns.open();
  }

  onOwnerMessage(message: OwnerMessage): void {
    if (message.kind === 'sender') this.#connect(message.link);
    else this.#onSenderGone(message.ticket);
  }

  /** Resolves when no job runs and none can come. */
  drain(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#turns.leave()) resolve();
    else this.#leave = resolve;
    return promise;
  }

  #connect(link: SenderLink): void {
    link.port.on('message', (message: SenderMessage) => this.#onWoken(link, message));
    link.port.on('messageerror', (cause: unknown) => this.#onUnreadable(link, cause));
    this.#turns.add(link);
  }

  #onWoken(link: SenderLink, message: SenderMessage): void {
    this.#lookout.onWoken();
    this.#onSenderMessage(link, message);
    if (this.#isIdle() && !this.#turns.isAsking) this.#lookout.onIdle(this.#look, this.#isIdle);
  }

  readonly #isIdle = (): boolean => this.#hold === undefined && this.#isSingle && this.#leave === undefined;

  /** Handles what whoever holds this thread has sent, without a turn of the event loop. */
  readonly #look = (): boolean => {
    const link = this.#turns.holder;
    if (link === undefined) return false;
    let received: { message: SenderMessage } | undefined;
    try {
      received = receiveMessageOnPort(link.port);
    } catch (cause) {
      this.#onUnreadable(link, cause);
      return true;
    }
    if (received !== undefined) this.#onSenderMessage(link, received.message);
    return received !== undefined;
  };

  #onSenderMessage(link: SenderLink, message: SenderMessage): void {
    const hold = this.#hold?.link === link ? this.#hold : undefined;
    switch (message.kind) {
      case 'jobs':
        this.#isSingle = hold === undefined && message.jobs.length === 1;
        (hold ?? this.#begin(link)).receive(message.jobs);
        break;
      case 'none':
        (hold ?? this.#begin(link)).receive(Array.from({ length: message.jobs }, () => undefined));
        break;
      case 'reset':
        hold?.reset();
        break;
      case 'pull':
        hold?.running?.onPull(message.items);
        break;
      case 'stop':
        hold?.running?.onStop();
        break;
      case 'abort':
        if (hold?.running?.slot === message.slot) hold.running.onAbort();
        break;
      case 'ask':
        if (hold === undefined) post(link, { kind: 'all-ended', ask: message.ask, offered: false });
        else hold.tell();
        break;
      case 'missed-offer':
        this.#turns.excuse(link.ticket);
        break;
      case 'release':
        this.#turns.release(link.ticket);
        this.#leaveIfAsked();
        break;
    }
  }

  #begin(link: SenderLink): Hold {
    this.#turns.begin(link.ticket);
    this.#hold = new Hold(link, this.#host);
    return this.#hold;
  }

  /** What arrived could be copied but not rebuilt here. Only jobs have parts that can fail so. */
  #onUnreadable(link: SenderLink, cause: unknown): void {
    const hold = this.#hold?.link === link ? this.#hold : this.#begin(link);
    hold.hinder();
    post(link, { kind: 'unreadable', error: packError(notCloneable('arguments', '', cause)) });
  }

  #onOver(hold: Hold): boolean {
    this.#hold = undefined;
    const offered = this.#turns.finish(hold.link.ticket);
    this.#leaveIfAsked();
    return offered;
  }

  #onSenderGone(ticket: number): void {
    const hold = this.#hold?.link.ticket === ticket ? this.#hold : undefined;
    hold?.orphan();
    const isRunning = hold?.running !== undefined;
    if (hold !== undefined && !isRunning) this.#hold = undefined;
    this.#turns.remove(ticket, isRunning);
    this.#leaveIfAsked();
  }

  #leaveIfAsked(): void {
    if (this.#leave === undefined || !this.#turns.leave()) return;
    // Behind what is sent in this turn.
    queueMicrotask(this.#leave);
  }
}

function post(link: SenderLink, message: WorkerMessage): void {
  link.port.postMessage(message);
}

/** On Linux each thread has a priority of its own, and 0 is this one. Elsewhere it would be the whole process. */
function yieldToOthers(nice: number): void {
  if (nice > 0 && process.platform === 'linux') setPriority(nice);
}

const launch: WorkerLaunch = workerData;
yieldToOthers(launch.nice);
const catalog = await JobCatalog.load(launch.tasks);
const thread = new PoolThread(launch, catalog);
onMessage((message) => thread.onOwnerMessage(message as OwnerMessage));
onDrain(() => thread.drain());
const { failure } = catalog;
reportReady({ tasksError: failure && packError(failure) } satisfies WorkerReady);
thread.open();
