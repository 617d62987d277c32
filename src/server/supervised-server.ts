import type { MessagePort } from 'node:worker_threads';
import type { Lease } from '#native/lease.ts';
import { ConnectionBoard } from '#net/connection-board.ts';
import type { CutRequest } from '#net/connection-set.ts';
import { shutdownStarted } from '#observe/events.ts';
import { describeError, type Log } from '#observe/log.ts';
import type { PoolThreads } from '#pool/pool-threads.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import { type AfterExit, ThreadSupervisor } from '#threads/supervisor.ts';
import type { ModuleOptions } from './app-module.ts';
import { type UsableCpus, usableCpus } from './cpu-count.ts';
import { HangResponse } from './hang-response.ts';
import { placeOf } from './listening-place.ts';
import { ListeningSockets } from './listening-sockets.ts';
import { OrphanedSockets } from './orphaned-sockets.ts';
import type { Settings } from './serve-options.ts';
import { type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import type { FromServerThread, ServerLaunch, ToServerThread } from './server-messages.ts';
import { describeDeath, makeServerPool } from './server-pool.ts';
import { StandIn } from './stand-in.ts';

/** What the supervisor of a server is made of. */
export interface SupervisedOptions {
  /** The URL of the app module; `undefined` for a folder alone. */
  readonly app: URL | undefined;
  /** The folder, as an absolute path; overrides the app's. */
  readonly staticRoot: string | undefined;
  /** The URL of the tasks module; overrides the app's. */
  readonly tasks: URL | undefined;
  /** Descriptors of sockets that this process was started with, to listen on instead of binding. */
  readonly inherited: readonly number[];
  /** Options of the caller, which override the module's. */
  readonly above: readonly OptionLayer[];
  /** Options that the module overrides. */
  readonly below: readonly OptionLayer[];
  /** Where the lives of threads are logged. */
  readonly log: Log;
}

/** What a drain may take beyond `drainMs`, for the app's own `close()`. */
const CLOSE_MARGIN_MS = 2_000;

/** How a server ended. */
export interface ServerEnd {
  /** The requests that lost their answers, because they took longer than `drainMs`. */
  readonly cut: readonly CutRequest[];
  /** The server threads that did not end by themselves and were stopped, with whatever they had in hand. */
  readonly stoppedThreads: readonly number[];
  /**
   * How many threads native code holds for good. They run no JavaScript, but the process cannot exit past them: end it
   * by SIGKILL, as the command does.
   */
  readonly stuckThreads: number;
}

/** Everything that was settled when thread 0 had told the options of the app. */
interface Settled {
  readonly settings: Settings;
  readonly staticRoot: string | undefined;
  readonly threads: number;
  readonly sockets: ListeningSockets;
  readonly pool: PoolThreads;
}

/**
 * The supervisor: owns the listening sockets, the server threads and the pool threads for the life of the process.
 * It runs no app code and serves no request, so it can always act for the others; what it does about those that hang
 * stands in `hang-response.ts`.
 *
 * Start: thread 0 loads the app and tells its options; config settled, sockets bound, the others started. A thread
 * that dies is replaced on the same socket, whose queue waits for it. Stop: accept queues emptied and sockets
 * closed, connections drained, server threads joined, then the pool closed.
 */
export class SupervisedServer {
  readonly #options: SupervisedOptions;
  readonly #cpus: UsableCpus = usableCpus();
  readonly #requestCount = new SharedArrayBuffer(4);
  readonly #threads: ThreadSupervisor;
  readonly #standIn = new StandIn(() => this.#makeStandIn());
  readonly #leases = new Map<ManagedThread, readonly Lease[]>();
  readonly #boards = new Map<ManagedThread, ConnectionBoard>();
  readonly #cut: CutRequest[] = [];
  readonly #maxRequestsReached = Promise.withResolvers<void>();
  readonly #whenSettled = Promise.withResolvers<void>();
  #settling: Promise<Settled> | undefined;
  #settled: Settled | undefined;
  #orphans: OrphanedSockets | undefined;
  /** What is told of deaths once any thread serves; where none ever does, start() rejects with the first error. */
  #unlogged: string[] | undefined = [];
  #hangs: HangResponse | undefined;
  #poolStarted = false;
  readonly #stillAccepting = new Set<ManagedThread>();

  /** @param options what to serve */
  constructor(options: SupervisedOptions) {
    this.#options = options;
    const known = settleConfig([...options.above, ...options.below]).settings;
    this.#threads = this.#makeThreads(0, known.startMs);
  }

  /** Resolves when `maxRequests` requests have come. */
  get maxRequestsReached(): Promise<void> {
    return this.#maxRequestsReached.promise;
  }

  /** What was settled at the start. */
  get settled(): Settled {
    if (this.#settled === undefined) throw new Error('The server has not started.');
    return this.#settled;
  }

  /** Why there are so many threads. */
  get cpus(): UsableCpus {
    return this.#cpus;
  }

  /**
   * Starts everything.
   * @returns resolves when every thread is ready
   * @throws the app's own error where no thread becomes ready; `ERR_HEDDLE_OPTION`; the errors of the sockets
   */
  async start(): Promise<void> {
    try {
      const { settings, origins } = settleConfig(this.#options.above);
      // Nothing the app could say would change the count: its other threads need not wait for what thread 0 learns.
      if (origins.threads !== 'default') this.#threads.grow(this.#threadCount(settings));
      await Promise.race([this.#whenSettled.promise, this.#threads.startAll()]);
      await this.#threads.startAll();
    } catch (error) {
      await this.#threads.terminate();
      (await this.#settling?.catch(() => undefined))?.sockets.close();
      throw error;
    }
  }

  /**
   * Ends everything in order.
   * @param idleGraceMs how long idle connections stay
   * @returns the requests that lost their answers, and the threads that had to be stopped where they stood
   */
  async close(idleGraceMs: number): Promise<ServerEnd> {
    const { sockets, pool, settings } = this.settled;
    const threads = this.#serverThreads();
    for (const thread of threads) this.#stillAccepting.add(thread);
    if (threads.length === 0) this.#onAllStoppedAccepting();
    for (const thread of threads) thread.post({ kind: 'idle-grace', idleGraceMs } satisfies ToServerThread);
    const cut = () => void Promise.all([this.#threads.terminate(), this.#standIn.terminate()]);
    const deadline = setTimeout(cut, settings.drainMs + CLOSE_MARGIN_MS);
    const stopped = (await Promise.all([this.#threads.drain(), this.#standIn.drain()])).flat();
    clearTimeout(deadline);
    this.#hangs?.stop();
    sockets.close();
    if (this.#poolStarted) await pool.close();
    const stuckThreads = this.#hangs?.stuckThreads ?? 0;
    return { cut: this.#cut, stoppedThreads: stopped.map((thread) => thread.index), stuckThreads };
  }

  /** Ends every thread where it stands. */
  async terminate(): Promise<void> {
    this.#hangs?.stop();
    await Promise.all([this.#threads.terminate(), this.#standIn.terminate()]);
    this.#settled?.sockets.close();
    if (this.#poolStarted) await this.#settled?.pool.terminate();
  }

  /** @param first the number of the first thread */
  #makeThreads(first: number, startTimeoutMs: number): ThreadSupervisor {
    return new ThreadSupervisor({
      kind: 'server',
      size: 1,
      first,
      entry: new URL(import.meta.resolve('#server/server-thread.ts')),
      startTimeoutMs,
      // The app may set drainMs, and is not loaded yet: close() keeps the deadline.
      drainTimeoutMs: Number.POSITIVE_INFINITY,
      launch: (index) => ({ workerData: this.#launch(index) }),
      onMessage: (thread, message) => this.#onMessage(thread, message as FromServerThread),
      onReady: (thread) => this.#onThreadReady(thread),
      onExit: (thread, exit, next) => this.#onThreadExit(thread, exit, next),
    });
  }

  /** Its number is one behind the last of the others. */
  #makeStandIn(): ThreadSupervisor {
    const { threads, settings } = this.settled;
    this.#options.log.write('warning', `no thread moves: server-${threads} is started to stand in`);
    return this.#makeThreads(threads, settings.startMs);
  }

  #launch(index: number): ServerLaunch {
    const { app, staticRoot } = this.#options;
    return { index, app: app?.href, staticRoot, requestCount: this.#requestCount };
  }

  #onMessage(thread: ManagedThread, message: FromServerThread): void {
    switch (message.kind) {
      case 'loaded':
        void this.#onLoaded(thread, message.options);
        break;
      case 'max-requests':
        this.#maxRequestsReached.resolve();
        break;
      case 'need-pool':
        this.#startPool();
        break;
      case 'pool-condemned':
        this.#settled?.pool.replaceCondemned();
        break;
      case 'stopped-accepting':
        // Nobody accepts any more: what comes now is better refused than left to hang.
        if (this.#stillAccepting.delete(thread) && this.#stillAccepting.size === 0)
          this.#onAllStoppedAccepting();
        break;
      case 'cut':
        this.#cut.push(...message.requests);
        break;
    }
  }

  #onAllStoppedAccepting(): void {
    this.#settled?.sockets.close();
    if (shutdownStarted.hasSubscribers) shutdownStarted.publish({ threads: this.#serverThreads().length });
  }

  async #onLoaded(thread: ManagedThread, options: ModuleOptions): Promise<void> {
    let settled: Settled;
    try {
      settled = await this.#settle(options);
    } catch {
      // start() rejects with it.
      return;
    }
    try {
      const leases = await settled.sockets.leasesOf(thread.index);
      if (thread.phase === 'exited') {
        // It died meanwhile, and its end has been handled: a seat for it would keep its replacement from the pool.
        for (const lease of leases) settled.sockets.release(lease);
        return;
      }
      this.#leases.set(thread, leases);
      const seat = settled.pool.connect(thread.index, {
        deliver: (link) => send(thread, { kind: 'pool-link', link }, [link.port]),
        workerGone: (worker, reason) => send(thread, { kind: 'pool-gone', worker, reason }),
        failed: (error) => send(thread, { kind: 'pool-failed', error }),
      });
      const { settings, staticRoot } = settled;
      const board = ConnectionBoard.allocate(settings.maxConnections);
      this.#boards.set(thread, new ConnectionBoard(board));
      send(
        thread,
        { kind: 'listen', settings, staticRoot, leases, seat, board },
        seat.links.map((link) => link.port),
      );
    } catch (error) {
      this.#options.log.write('error', `server-${thread.index} cannot listen\n${describeError(error)}`);
      void thread.terminate();
    }
  }

  /** Settles the config and binds, once, with what the first thread tells; the rest of the threads follow. */
  #settle(options: ModuleOptions): Promise<Settled> {
    if (this.#settling === undefined) {
      this.#settling = this.#open(options);
      this.#settling.then(() => this.#whenSettled.resolve(), this.#whenSettled.reject);
      this.#whenSettled.promise.catch(() => undefined);
    }
    return this.#settling;
  }

  async #open(options: ModuleOptions): Promise<Settled> {
    const { above, below, app, staticRoot, tasks, inherited } = this.#options;
    const module = objectLayer(options.values, app === undefined ? 'the options' : app.pathname);
    const { settings } = settleConfig([...above, module, ...below]);
    const threads = this.#threadCount(settings);
    const sockets = await ListeningSockets.open({ ...placeOf(settings, inherited), threads });
    const jobs = tasks?.href ?? options.tasks;
    const settled: Settled = {
      settings,
      staticRoot: staticRoot ?? options.staticRoot,
      threads,
      sockets,
      // One more for the thread that may stand in for the others.
      pool: makeServerPool({
        settings,
        senders: threads + 1,
        tasks: jobs,
        cpus: this.#cpus.count,
        log: this.#options.log,
      }),
    };
    this.#settled = settled;
    this.#hangs = new HangResponse(
      {
        log: this.#options.log,
        threads: () => this.#serverThreads(),
        board: (thread) => this.#boards.get(thread),
        cover: (thread) => this.#cover(thread),
        uncover: (thread) => this.#uncover(thread),
        withdraw: (thread) => this.#withdraw(thread),
      },
      settings,
    );
    // A debugger that holds a thread at a breakpoint would look like a hang.
    if (!isDebugged()) this.#hangs.start();
    this.#orphans = new OrphanedSockets(sockets);
    this.#threads.grow(threads);
    if (jobs !== undefined) this.#startPool();
    return settled;
  }

  #threadCount({ threads }: Settings): number {
    return threads === 'auto' ? this.#cpus.count : threads;
  }

  #startPool(): void {
    if (this.#poolStarted) return;
    this.#poolStarted = true;
    this.#settled?.pool.start();
  }

  #serverThreads(): ManagedThread[] {
    return [...this.#threads.threads(), ...this.#standIn.threads()];
  }

  /** The thread does not move: others accept from its socket, and if there are none, one is started. */
  #cover(thread: ManagedThread): void {
    // A thread that bound for itself shares its socket with nobody.
    if (this.#settled?.sockets.backend === 'reuse-port') return;
    if (thread.index < this.settled.threads) this.#orphans?.add(thread.index);
    if (!this.#serverThreads().some((other) => this.#hangs?.isHealthy(other))) this.#standIn.start();
    this.#placeOrphans();
  }

  #uncover(thread: ManagedThread): void {
    this.#orphans?.remove(thread.index);
    const isAnyStill = this.#threads.threads().some((other) => this.#hangs?.isHealthy(other) === false);
    if (!isAnyStill) void this.#standIn.drain();
  }

  #withdraw(thread: ManagedThread): void {
    for (const lease of this.#leases.get(thread) ?? []) this.#settled?.sockets.withdraw(lease);
  }

  #onThreadExit(thread: ManagedThread, exit: ThreadExit, next: AfterExit): void {
    this.#hangs?.onThreadExit(exit);
    this.#boards.delete(thread);
    this.#stillAccepting.delete(thread);
    this.#settled?.pool.disconnect(thread.index);
    const leases = this.#leases.get(thread) ?? [];
    this.#leases.delete(thread);
    for (const lease of leases) this.#settled?.sockets.release(lease);
    this.#orphans?.forsake(thread);
    if (next === 'given-up') this.#orphans?.add(thread.index);
    this.#placeOrphans();
    if (exit.kind === 'drained' || next === 'ended') return;
    const what = next === 'restart' ? 'a new thread takes its place' : 'it died too often and is given up';
    const entry = describeDeath(`server-${thread.index}`, exit, `; ${what}`);
    if (this.#unlogged === undefined) this.#options.log.write('error', entry);
    else this.#unlogged.push(entry);
  }

  #placeOrphans(): void {
    const healthy = this.#serverThreads().filter((thread) => this.#hangs?.isHealthy(thread));
    this.#orphans?.place(healthy).catch((error: unknown) => {
      this.#options.log.write('error', `a socket has no thread that accepts\n${describeError(error)}`);
    });
  }

  #onThreadReady(thread: ManagedThread): void {
    if (thread.index < this.settled.threads) this.#uncover(thread);
    this.#placeOrphans();
    this.#hangs?.onThreadReady();
    const unlogged = this.#unlogged ?? [];
    this.#unlogged = undefined;
    for (const entry of unlogged) this.#options.log.write('error', entry);
  }
}

function send(thread: ManagedThread, message: ToServerThread, transfer: readonly MessagePort[] = []): void {
  thread.post(message, transfer);
}

function isDebugged(): boolean {
  return process.execArgv.some((flag) => flag.startsWith('--inspect'));
}
