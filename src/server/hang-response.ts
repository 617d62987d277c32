import type { ConnectionBoard } from '#net/connection-board.ts';
import { describeError } from '#observe/error-text.ts';
import type { Log } from '#observe/log.ts';
import { type Diagnosis, diagnose, whileStopped } from '#threads/diagnosis.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { ThreadWatch, WATCHED_PHASES } from '#threads/thread-watch.ts';
import { CURRENT_REQUEST_EXPRESSION } from './current-request.ts';
import { describeHang } from './hang-report.ts';
import type { ProcessCounts } from './process-counts.ts';
import { RELIEF_STATUS, type Relief, relieve } from './relief.ts';
import type { StrandedConnections } from './stranded-connections.ts';
import type { ThreadCover } from './thread-cover.ts';
import { isUnderDebugger } from './under-debugger.ts';

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
  /** Takes the connections that outlive their thread. */
  readonly stranded: StrandedConnections;
  /** What a thread is at. */
  board(thread: ManagedThread): ConnectionBoard | undefined;
  /** Takes its socket away from a thread that is about to be ended. */
  withdraw(thread: ManagedThread): void;
  /** What the threads count; `undefined` where nobody asks. */
  readonly counts: ProcessCounts | undefined;
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
/** How long it may take to end where native code holds it: one that came back just then runs no JavaScript any more. */
const HELD_MS = 200;
/** One diagnosis at a time in a process: each has the inspector to itself. */
let lastDiagnosis: Promise<unknown> = Promise.resolve();
/** A stall that passes is told at most so often: reading its stack holds the thread up for some 30 ms more. */
const STALL_REPORT_EVERY_MS = 10_000;

/** What was found of a thread that does not move. */
interface Finding {
  /** For the log. */
  readonly report: string;
  /** Whether native code holds it. */
  readonly isHeld: boolean;
}

/**
 * What is done about a server thread that does not come back to its event loop: others accept from its socket at once;
 * when it has hung for too long it is diagnosed, its clients are relieved, and it is ended, so that it is replaced. One
 * that was finishing what it had is not replaced, and nobody accepts for it: others do that already.
 */
export class HangResponse {
  readonly #host: HangHost;
  readonly #watch: ThreadWatch;
  /** By thread that hangs: how what is done about it goes. */
  readonly #responses = new Map<ManagedThread, Promise<void>>();
  #lastStallReport = Number.NEGATIVE_INFINITY;

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
      onHang: (thread, forMs) => void this.#respond(thread, forMs),
    });
  }

  /** Begins to watch; not under a debugger, which may hold a thread for as long as it likes. */
  start(): void {
    if (isUnderDebugger()) return;
    this.#watch.start();
  }

  /**
   * Watches no more.
   * @returns resolves when what was begun is done
   */
  async stop(): Promise<void> {
    this.#watch.stop();
    await Promise.all(this.#responses.values());
  }

  /** Whether a thread can be given work: it is ready, and came by its event loop lately. */
  isHealthy(thread: ManagedThread): boolean {
    return thread.phase === 'ready' && this.#watch.isMoving(thread);
  }

  /**
   * Ends a thread whose time to finish is over. One that does not move is treated as one that hangs, however short that
   * is: its clients wait as well.
   * @param thread one that drains
   */
  async endOverdue(thread: ManagedThread): Promise<void> {
    const stillMs = this.#watch.stillMs(thread, performance.now());
    if (stillMs > 0) await this.#respond(thread, stillMs);
    // It moved all the time, or moves again.
    await this.#end(thread);
  }

  async #onStall(thread: ManagedThread): Promise<void> {
    if (thread.phase === 'ready') this.#host.cover.cover(thread);
    const now = performance.now();
    if (now - this.#lastStallReport < STALL_REPORT_EVERY_MS) return;
    this.#lastStallReport = now;
    const found = await this.#diagnose(thread, false);
    if (found === undefined) return;
    this.#host.log.write(
      'warning',
      `server-${thread.index} does not come back to its event loop\n${found.report}`,
    );
  }

  #onRecovered(thread: ManagedThread, afterMs: number): void {
    if (thread.phase === 'ready') this.#host.cover.uncover(thread);
    this.#host.log.write('info', `server-${thread.index} moves again after ${Math.round(afterMs)} ms`);
  }

  /** Once for a thread, though it may be found to hang while its time to finish ends. */
  #respond(thread: ManagedThread, forMs: number): Promise<void> {
    const running = this.#responses.get(thread);
    if (running !== undefined) return running;
    const response = this.#giveUp(thread, forMs).finally(() => this.#responses.delete(thread));
    this.#responses.set(thread, response);
    return response;
  }

  async #giveUp(thread: ManagedThread, forMs: number): Promise<void> {
    const found = await this.#diagnose(thread, true);
    // A thread that answered meanwhile, or died, needs no help.
    if (found === undefined || this.#watch.isMoving(thread)) return;
    const seconds = (forMs / 1000).toFixed(1);
    const fate = thread.phase === 'draining' ? 'ended' : 'replaced';
    const name = `server-${thread.index}`;
    this.#host.log.write('error', `${name} hangs since ${seconds} s and is ${fate}\n${found.report}`);
    const board = this.#host.board(thread);
    const end = () => this.#end(thread, found.isHeld ? HELD_MS : undefined);
    if (board === undefined) {
      await end();
      return;
    }
    let relief: Relief;
    try {
      relief = await relieve(board, end);
    } catch (error) {
      // Whatever became of its clients, the thread has to go.
      this.#host.log.write('error', `the clients of ${name} cannot be relieved\n${describeError(error)}`);
      await end();
      return;
    }
    for (const line of relief.begun)
      this.#host.counts?.answeredFor(line.slice(0, line.indexOf(' ')), RELIEF_STATUS);
    const { moved, answered } = this.#host.stranded.add(relief);
    this.#host.log.write(
      'info',
      `clients of ${name}: ${moved} moved to other threads, ${relief.answered + answered} answered with 503, ${relief.closed} closed`,
    );
  }

  async #end(thread: ManagedThread, timeoutMs?: number): Promise<void> {
    if (WATCHED_PHASES.has(thread.phase)) this.#host.withdraw(thread);
    await thread.terminate(timeoutMs);
  }

  /** @returns `undefined` where the thread has ended */
  async #diagnose(thread: ManagedThread, isHot: boolean): Promise<Finding | undefined> {
    const board = this.#host.board(thread);
    const turn = lastDiagnosis.then(async (): Promise<Diagnosis | undefined> => {
      if (!WATCHED_PHASES.has(thread.phase)) return undefined;
      return diagnose({
        threadId: thread.threadId,
        systemId: board?.systemId ?? 0,
        expression: CURRENT_REQUEST_EXPRESSION,
        timeoutMs: DIAGNOSIS_MS,
        isHot,
      });
    });
    lastDiagnosis = turn.catch(() => undefined);
    const diagnosis = await turn;
    if (diagnosis === undefined) return undefined;
    return { report: describeHang(diagnosis, board, Date.now()), isHeld: diagnosis.kind === 'native' };
  }
}
