import { type ChildProcess, spawn } from 'node:child_process';
import type { Log } from '#observe/log.ts';
import { CompileCache } from './compile-cache.ts';
import { KeptSockets } from './kept-sockets.ts';
import {
  LAUNCH_VARIABLE,
  PASSED_SIGNALS,
  type PassedSignal,
  type ServerMessage,
  writeNote,
} from './launcher-messages.ts';
import { NO_DEATHS, nextStart, type ServerDeaths } from './next-start.ts';

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
    const { log } = this.#options;
    let deaths: ServerDeaths = NO_DEATHS;
    let downSince: number | undefined;
    try {
      for (;;) {
        const { end, readyForMs, pid } = await this.#runServer(downSince);
        if (this.#isEnding) return end;
        if (readyForMs !== undefined) downSince = performance.now();
        const next = nextStart(deaths, readyForMs);
        if (next.delayMs === undefined) {
          // A start that fails has told why, once; one that was killed could not.
          if (deaths.hasServed || end.signal !== null)
            log.write('error', `${describeDeath(pid, end)} before it served; ${next.reason}`);
          return end;
        }
        const soon = next.delayMs === 0 ? 'at once' : `in ${next.delayMs} ms`;
        log.write('error', `${describeDeath(pid, end)}; another is started ${soon}`);
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
    const isReload = signal === 'SIGHUP' && !this.#options.isTerminal;
    if (this.#isReady) this.#child?.send({ kind: 'signal', signal }, () => undefined);
    if (isReload) return; // One that is being started loads everything anew as it is.
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
    const child = this.#start(downSince !== undefined);
    this.#child = child;
    let readyAt: number | undefined;
    child.on('message', (message, handle) => {
      const told = message as ServerMessage;
      if (told.kind === 'socket') this.#keep(told, handle);
      else if (told.kind === 'ready') {
        readyAt = performance.now();
        this.#isReady = true;
        if (downSince !== undefined) this.#logSuccess(child.pid, readyAt - downSince);
      } else this.#onEnding();
    });
    return new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#isReady = false;
        this.#child = undefined;
        const readyForMs = readyAt === undefined ? undefined : performance.now() - readyAt;
        resolve({ end: { code, signal }, readyForMs, pid: child.pid });
      };
      // No right or no memory for another process: the next try may find some.
      child.once('error', (error) => {
        this.#options.log.write('error', `no server could be started: ${error.message}`);
        end(1, null);
      });
      // Not 'exit': what it said last may be unread then.
      child.once('close', end);
    });
  }

  #start(isSuccessor: boolean): ChildProcess {
    const { command, environment } = this.#options;
    const [program, ...args] = command;
    const { descriptors, oneEach } = this.#sockets;
    const note = writeNote({ pid: process.pid, sockets: descriptors.length, oneEach, isSuccessor });
    return spawn(program, args, {
      env: { ...environment, ...this.#cache.variables, [LAUNCH_VARIABLE]: note },
      stdio: ['inherit', 'inherit', 'inherit', ...descriptors, 'ipc'],
    });
  }

  #logSuccess(pid: number | undefined, ms: number): void {
    this.#options.log.write('info', `process ${pid} serves, after ${Math.round(ms)} ms without a server`);
  }

  #keep(told: Extract<ServerMessage, { kind: 'socket' }>, handle: unknown): void {
    // The kernel drops a descriptor for which there is no room.
    if (handle === undefined || handle === null) return;
    this.#sockets.keep(handle as { close(): void }, told);
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
