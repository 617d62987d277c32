import type { ConnectionBoard } from '#net/connection-board.ts';
import type { Log } from '#observe/log.ts';
import { type Diagnosis, diagnose, whileStopped } from '#threads/diagnosis.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import { ThreadWatch } from '#threads/thread-watch.ts';
import { CURRENT_REQUEST_EXPRESSION } from './current-request.ts';
import { describeHang } from './hang-report.ts';
import { relieve } from './relief.ts';
import type { ToServerThread } from './server-messages.ts';
import type { ThreadCover } from './thread-cover.ts';

/** Resolves when no thread is stopped to be looked at: `process.exit()` would wait for such a thread for ever. */
export async function untilProcessCanExit(): Promise<void> {
  await whileStopped();
}

/** What the response to a hang needs of the server. */
export interface HangHost {
  /** Where it is logged. */
  readonly log: Log;
  /** The server threads there are now, and who accepts for those that do not. */
  readonly cover: Pick<ThreadCover, 'threads' | 'cover' | 'uncover'>;
  /** What a thread is at. */
  board(thread: ManagedThread): ConnectionBoard | undefined;
  /** Takes its socket away from a thread that is about to be ended. */
  withdraw(thread: ManagedThread): void;
}

/** Times in milliseconds; see `serve-options.ts`. */
export interface HangSettings {
  /** From when on a thread counts as stalled. */
  readonly stallMs: number;
  /** From when on it hangs; 0: never. */
  readonly hangTimeoutMs: number;
}

const LOOK_EVERY_MS = 50;
/** How long a thread may take to stop for its stack to be read. */
const DIAGNOSIS_MS = 500;
/** A stall that passes is told at most so often: reading its stack holds the thread up for some 30 ms more. */
const STALL_REPORT_EVERY_MS = 10_000;

/**
 * What is done about a server thread that does not come back to its event loop: others accept from its socket at once;
 * when it has hung for too long it is diagnosed, its clients are relieved, and it is ended, so that it is replaced.
 */
export class HangResponse {
  readonly #host: HangHost;
  readonly #watch: ThreadWatch;
  /** One diagnosis at a time: each has the inspector to itself. */
  #diagnosing: Promise<unknown> = Promise.resolve();
  #lastStallReport = Number.NEGATIVE_INFINITY;
  /** Connections that no thread could take so far. */
  #idle: number[] = [];
  #leaving: number[] = [];
  #broken: number[] = [];
  #stuck = 0;

  /**
   * @param host the server
   * @param settings how patient it is
   */
  constructor(host: HangHost, settings: HangSettings) {
    this.#host = host;
    this.#watch = new ThreadWatch({
      periodMs: Math.min(LOOK_EVERY_MS, settings.stallMs / 4),
      stallMs: settings.stallMs,
      hangMs: settings.hangTimeoutMs,
      threads: () => host.cover.threads(),
      progress: (thread) => host.board(thread)?.requests ?? 0,
      onStall: (thread) => void this.#onStall(thread),
      onRecovered: (thread, afterMs) => this.#onRecovered(thread, afterMs),
      onHang: (thread, forMs) => void this.#onHang(thread, forMs),
    });
  }

  /** Begins to watch; not under a debugger, which may hold a thread for as long as it likes. */
  start(): void {
    if (process.execArgv.some((flag) => flag.startsWith('--inspect'))) return;
    this.#watch.start();
  }

  /** Watches no more. */
  stop(): void {
    this.#watch.stop();
  }

  /** Whether a thread can be given work: it is ready, and came by its event loop lately. */
  isHealthy(thread: ManagedThread): boolean {
    return thread.phase === 'ready' && this.#watch.isMoving(thread);
  }

  /** How many threads are held by native code and could not be ended: the process cannot exit past them. */
  get stuckThreads(): number {
    return this.#stuck;
  }

  /** A thread is ready: connections that nobody could take are its. */
  onThreadReady(): void {
    this.#deliver();
  }

  /** A thread has ended. */
  onThreadExit(exit: ThreadExit): void {
    if (exit.kind === 'stuck') this.#stuck += 1;
  }

  async #onStall(thread: ManagedThread): Promise<void> {
    this.#host.cover.cover(thread);
    const now = performance.now();
    if (now - this.#lastStallReport < STALL_REPORT_EVERY_MS) return;
    this.#lastStallReport = now;
    const report = await this.#diagnose(thread);
    if (report === undefined) return;
    this.#host.log.write('warning', `server-${thread.index} does not come back to its event loop\n${report}`);
  }

  #onRecovered(thread: ManagedThread, afterMs: number): void {
    this.#host.cover.uncover(thread);
    this.#host.log.write('info', `server-${thread.index} moves again after ${Math.round(afterMs)} ms`);
  }

  async #onHang(thread: ManagedThread, forMs: number): Promise<void> {
    const report = await this.#diagnose(thread);
    // A thread that answered meanwhile, or died, needs no help.
    if (report === undefined || this.#watch.isMoving(thread)) return;
    const seconds = (forMs / 1000).toFixed(1);
    this.#host.log.write(
      'error',
      `server-${thread.index} hangs since ${seconds} s and is replaced\n${report}`,
    );
    const board = this.#host.board(thread);
    const end = (): Promise<unknown> => {
      this.#host.withdraw(thread);
      return thread.terminate();
    };
    if (board === undefined) {
      await end();
      return;
    }
    const { idle, leaving, broken, answered, closed } = await relieve(board, end);
    this.#idle.push(...idle);
    this.#leaving.push(...leaving);
    this.#broken.push(...broken);
    this.#deliver();
    this.#host.log.write(
      'info',
      `clients of server-${thread.index}: ${idle.length} moved to other threads, ${answered} answered with 503, ${closed} closed`,
    );
  }

  /** @returns `undefined` where the thread has ended */
  async #diagnose(thread: ManagedThread): Promise<string | undefined> {
    const board = this.#host.board(thread);
    const turn = this.#diagnosing.then(async (): Promise<Diagnosis | undefined> => {
      if (thread.phase !== 'ready') return undefined;
      return diagnose({
        threadId: thread.threadId,
        systemId: board?.systemId ?? 0,
        expression: CURRENT_REQUEST_EXPRESSION,
        timeoutMs: DIAGNOSIS_MS,
      });
    });
    this.#diagnosing = turn.catch(() => undefined);
    const diagnosis = await turn;
    return diagnosis === undefined ? undefined : describeHang(diagnosis, board, Date.now());
  }

  /** Gives connections that wait to threads that can take them, in turn. */
  #deliver(): void {
    const takers = this.#host.cover.threads().filter((thread) => this.isHealthy(thread));
    const count = this.#idle.length + this.#leaving.length + this.#broken.length;
    if (takers.length === 0 || count === 0) return;
    for (const [at, thread] of takers.entries()) {
      const share = (fds: readonly number[]) => fds.filter((_, index) => index % takers.length === at);
      const [idle, leaving, broken] = [share(this.#idle), share(this.#leaving), share(this.#broken)];
      thread.post({ kind: 'take', idle, leaving, broken } satisfies ToServerThread);
    }
    this.#idle = [];
    this.#leaving = [];
    this.#broken = [];
  }
}
