import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '#observe/log.ts';
import { CompileCache } from './compile-cache.ts';
import { KeptSockets } from './kept-sockets.ts';
import {
  isServerMessage,
  LAUNCH_VARIABLE,
  PASSED_SIGNALS,
  type PassedSignal,
  writeNote,
} from './launcher-messages.ts';
import { type NextStart, NO_DEATHS, nextStart, nextTry, type ServerDeaths } from './next-start.ts';

/** What a launcher starts. */
export interface LauncherOptions {
  /** The program and its arguments: a server that looks for its `LauncherLink`. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Its environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Descriptors of sockets that it is to listen on; they belong to the launcher from now on. */
  readonly inherited: readonly number[];
  /** Whether a terminal is at standard input: its SIGHUP is an end, and no wish for a reload. */
  readonly isTerminal: boolean;
  /** Where deaths and restarts are logged. */
  readonly log: Log;
}

/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One server's life. */
interface ServerRun {
  readonly end: ProcessEnd;
  /** `undefined` for one that did not come to serve. */
  readonly readyForMs: number | undefined;
  /** `undefined` where there was no process. */
  readonly pid: number | undefined;
}

/** A server that was sent a second signal and does not die of it is stuck where no signal reaches it. */
const LEAVE_MS = 2_000;

/**
 * Keeps a server running: starts it as a process, holds copies of its listening sockets, and starts it anew on them when
 * it dies of what no thread survives. Who connects meanwhile waits in the kernel's queue. It serves nothing and runs no
 * app code, so there is nothing in it to die of.
 *
 * Start: {@link run}. Stop: the server's own end, which a signal asks it for; a server that cannot start.
 */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #sockets: KeptSockets;
  readonly #cache: CompileCache;
  #child: ChildProcess | undefined;
  #isReady = false;
  /** No server is to follow the one that runs. */
  #isEnding = false;
  #signals = 0;
  /** Ends a wait for the next start. */
  #wake: () => void = () => undefined;

  /** @param options what to start, and how */
  constructor(options: LauncherOptions) {
    this.#options = options;
    this.#sockets = new KeptSockets(options.inherited);
    this.#cache = new CompileCache(options.environment);
  }

  /**
   * Runs servers, one after the other, until one ends as it means to, or cannot start.
   * @returns how the last one ended; code 0 where a signal came while none ran
   */
  async run(): Promise<ProcessEnd> {
    let deaths: ServerDeaths = NO_DEATHS;
    let downSince: number | undefined;
    try {
      for (;;) {
        const run = await this.#runServer(downSince);
        if (this.#isEnding) return this.#onLast(run);
        if (run.readyForMs !== undefined) downSince = performance.now();
        const next = run.pid === undefined ? nextTry(deaths) : nextStart(deaths, run.readyForMs);
        this.#logEnd(run, next, deaths);
        if (next.delayMs === undefined) return run.end;
        deaths = next.deaths;
        await this.#pause(next.delayMs);
        if (this.#isEnding) return { code: 0, signal: null };
      }
    } finally {
      this.#sockets.release();
      this.#cache.remove();
    }
  }

  /**
   * Acts on a signal to this process as the server would: before it serves it gets the signal itself, later word of it,
   * for a group of processes is often signalled as a whole, and would count one signal for two.
   * @param signal which
   */
  onSignal(signal: PassedSignal): void {
    const goesOn = signal === 'SIGUSR2' || (signal === 'SIGHUP' && !this.#options.isTerminal);
    if (this.#isReady) this.#child?.send({ kind: 'signal', signal }, () => undefined);
    if (goesOn) return; // One that is being started loads and opens everything anew as it is.
    this.#isEnding = true;
    if (!this.#isReady) this.#child?.kill(signal);
    this.#wake();
    this.#signals += 1;
    if (this.#signals > 1) setTimeout(() => this.#child?.kill('SIGKILL'), LEAVE_MS).unref();
  }

  /**
   * Runs one server to its end.
   * @param downSince since when there has been none, after one that served
   */
  #runServer(downSince: number | undefined): Promise<ServerRun> {
    let child: ChildProcess;
    try {
      child = this.#start(downSince !== undefined);
    } catch (error) {
      // Node throws where there is no memory for a process, and tells of the other reasons by an event.
      return Promise.resolve(this.#notStarted(error));
    }
    this.#child = child;
    let readyAt: number | undefined;
    child.on('message', (message, handle) => {
      // An app's loader, or a preload, may have something to say to whoever started it.
      if (!isServerMessage(message)) return;
      if (message.kind === 'socket') this.#sockets.keep(handle as { close(): void }, message);
      else if (message.kind === 'closing') this.#isEnding = true;
      else if (message.kind === 'ending') this.#onEnding();
      else {
        readyAt = performance.now();
        this.#isReady = true;
        if (downSince !== undefined) this.#logSuccess(child.pid, readyAt - downSince);
      }
    });
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(this.#notStarted(error)));
      // Not 'exit': what it said last may be unread then.
      child.once('close', (code, signal) => {
        this.#isReady = false;
        this.#child = undefined;
        const readyForMs = readyAt === undefined ? undefined : performance.now() - readyAt;
        resolve({ end: { code, signal }, readyForMs, pid: child.pid });
      });
    });
  }

  #notStarted(error: unknown): ServerRun {
    const why = error instanceof Error ? error.message : String(error);
    this.#options.log.write('error', `no server could be started: ${why}`);
    this.#child = undefined;
    return { end: { code: 1, signal: null }, readyForMs: undefined, pid: undefined };
  }

  #onLast({ end, pid }: ServerRun): ProcessEnd {
    const isMeant = end.signal === null || PASSED_SIGNALS.some((signal) => signal === end.signal);
    if (!isMeant) this.#options.log.write('error', `${describeDeath(pid, end)} while it ended`);
    return end;
  }

  #logEnd({ end, pid }: ServerRun, next: NextStart, { hasServed }: ServerDeaths): void {
    const { log } = this.#options;
    const what = pid === undefined ? 'no server' : describeDeath(pid, end);
    if (next.delayMs !== undefined) {
      const soon = next.delayMs === 0 ? 'at once' : `in ${next.delayMs} ms`;
      log.write('error', pid === undefined ? `tried again ${soon}` : `${what}; another is started ${soon}`);
    } else if (hasServed || end.signal !== null) {
      // A first start that fails has told why; one that was killed could not.
      log.write('error', `${what} before it served; ${next.reason}`);
    }
  }

  #start(isSuccessor: boolean): ChildProcess {
    const { command, environment } = this.#options;
    const [program, ...args] = command;
    const { descriptors, oneEach } = this.#sockets;
    const note = writeNote({
      pid: process.pid,
      sockets: descriptors.length,
      oneEach,
      isSuccessor,
      ownsCache: this.#cache.isOwn,
    });
    return spawn(program, args, {
      env: { ...environment, ...this.#cache.variables, [LAUNCH_VARIABLE]: note },
      stdio: ['inherit', 'inherit', 'inherit', ...descriptors, 'ipc'],
    });
  }

  #logSuccess(pid: number | undefined, ms: number): void {
    this.#options.log.write('info', `process ${pid} serves, after ${Math.round(ms)} ms without a server`);
  }

  #onEnding(): void {
    this.#isEnding = true;
    // Who connects now is better refused than left to hang: nobody will accept.
    this.#sockets.release();
  }

  #pause(ms: number): Promise<void> {
    if (ms === 0 || this.#isEnding) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Registers a launcher for every signal that it passes on. */
export function passSignals(launcher: Launcher): void {
  for (const signal of PASSED_SIGNALS) process.on(signal, () => launcher.onSignal(signal));
}

function describeDeath(pid: number | undefined, { code, signal }: ProcessEnd): string {
  return `process ${pid} ${signal === null ? `ended with code ${code}` : `was killed by ${signal}`}`;
}
