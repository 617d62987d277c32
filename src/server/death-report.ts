import { describeError } from '#observe/error-text.ts';
import type { Log } from '#observe/log.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import type { AfterExit } from '#threads/supervisor.ts';
import type { ServerTally } from './server-tally.ts';
import { ThreadRecord } from './threads-in-sight.ts';

/** What the log says follows the end of a server thread. */
const AFTER_EXIT: Readonly<Record<AfterExit, string>> = {
  restart: 'a new thread takes its place',
  'given-up': 'it died too often and is given up',
  ended: 'it was to end anyway',
  replaced: 'it was being recycled, a new thread has its place',
  kept: 'it was to replace a thread that is being recycled, which serves on until the next try',
};

function afterExit(exit: ThreadExit, next: AfterExit): string {
  const isOneTooMany = exit.kind === 'stuck' && next === 'given-up';
  return isOneTooMany ? 'native code holds too many threads, so it is given up' : AFTER_EXIT[next];
}

/**
 * The log entry of a thread's death.
 * @param name such as `server-0`
 * @param exit how it ended
 * @param next what follows, with what separates it
 */
export function describeDeath(name: string, exit: ThreadExit, next = ''): string {
  const details = exit.error === undefined ? '' : `\n${describeError(exit.error)}`;
  return `${name} died (${exit.kind})${next}${details}`;
}

/**
 * What the log says of the deaths of a generation's server threads. Nothing before one of them serves: where none ever
 * does, the start fails with the first error, and that is told once.
 */
export class DeathReport {
  /** What became of the threads of each place. */
  readonly record: ThreadRecord = new ThreadRecord();
  readonly #log: Log;
  readonly #tally: ServerTally;
  #untold: string[] | undefined = [];

  /**
   * @param log where to
   * @param tally counts them
   */
  constructor(log: Log, tally: ServerTally) {
    this.#log = log;
    this.#tally = tally;
  }

  /**
   * A thread has ended.
   * @param thread which
   * @param exit how
   * @param next what follows
   */
  add(thread: ManagedThread, exit: ThreadExit, next: AfterExit): void {
    if (next === 'replaced') this.#tally.noteEnd('server', 'recycled');
    if (exit.kind === 'drained') return;
    if (next === 'ended' && !DEATHS_BY_THE_APP.has(exit.kind)) return;
    if (next !== 'ended') this.record.noteDeath(thread.index, next);
    if (next !== 'replaced') this.#tally.noteEnd('server', exit.kind);
    const entry = describeDeath(`server-${thread.index}`, exit, `; ${afterExit(exit, next)}`);
    if (this.#untold === undefined) this.#log.write('error', entry);
    else this.#untold.push(entry);
  }

  /** A thread serves. */
  onReady(): void {
    for (const entry of this.#untold ?? []) this.#log.write('error', entry);
    this.#untold = undefined;
  }
}

/** Told even of a thread that was to end: whatever it still had to answer is lost. */
const DEATHS_BY_THE_APP: ReadonlySet<ThreadExit['kind']> = new Set(['error', 'exit', 'out-of-memory']);
