import type { CutRequest } from '#net/connection-set.ts';
import { describeError } from '#observe/error-text.ts';
import { heapLimits } from '#threads/heap-limits.ts';
import type { ManagedThread, ThreadExit } from '#threads/managed-thread.ts';
import { type AfterExit, type SupervisorOptions, ThreadSupervisor } from '#threads/supervisor.ts';
import { AcceptingThreads } from './accepting-threads.ts';
import { DeathReport } from './death-report.ts';
import { keepFixedOptions } from './fixed-options.ts';
import type { GenerationEnd, GenerationHost, ServedTarget, Settled } from './generation-host.ts';
import { HangResponse } from './hang-response.ts';
import { HeapRecycling } from './heap-recycling.ts';
import type { ListeningSockets } from './listening-sockets.ts';
import type { ModuleOptions } from './module-options.ts';
import type { Settings } from './serve-options.ts';
import { settleConfig } from './server-config.ts';
import type { FromServerThread, ServerLaunch, ToServerThread } from './server-messages.ts';
import { makeServerPool } from './server-pool.ts';
import { settleTarget } from './settled-target.ts';
import { StartGate } from './start-gate.ts';
import { ThreadCover } from './thread-cover.ts';
import { ThreadEquipment } from './thread-equipment.ts';
import type { ThreadsInSight } from './threads-in-sight.ts';

/** What a drain may take beyond `drainMs`, for the app's own `close()`. */
const CLOSE_MARGIN_MS = 2_000;

/**
 * One set of server threads, which it owns, with all that lives and ends with it: pool threads, settled options, what is
 * done about threads that hang (`hang-response.ts`) or are nearly full (`heap-recycling.ts`). Sockets are the server's.
 *
 * Start: thread 0 loads the app and tells its options; config settled, sockets had from the server, the others
 * started. One that succeeds another starts all threads at once, and none accepts before all of them could. A thread
 * that dies is replaced on the same socket, whose queue waits for it. Stop: accept queues emptied, connections drained,
 * server threads joined, then the pool closed.
 */
export class Generation {
  readonly #target: ServedTarget;
  readonly #host: GenerationHost;
  readonly #before: Pick<Settled, 'settings' | 'threads' | 'sockets'> | undefined;
  readonly #gate: StartGate;
  /** What is settled before the app has told its options. */
  readonly #known: Settings;
  readonly #threads: ThreadSupervisor;
  readonly #recycling: HeapRecycling;
  readonly #cut: CutRequest[] = [];
  readonly #whenSettled = Promise.withResolvers<void>();
  readonly #accepting = new AcceptingThreads();
  readonly #deaths: DeathReport;
  #settling: Promise<Settled> | undefined;
  #settled: Settled | undefined;
  #poolStarted = false;
  #isEnding = false;
  #isCutShort = false;

  /**
   * @param target what to serve
   * @param host the server
   * @param before what was settled for the generation that this one succeeds; `undefined` for the first
   */
  constructor(target: ServedTarget, host: GenerationHost, before?: Settled) {
    this.#target = target;
    this.#host = host;
    // Not all of it: what is settled leads to its generation, and that to the one before, so that none would ever go.
    if (before !== undefined) {
      const { settings, threads, sockets } = before;
      this.#before = { settings, threads, sockets };
    }
    this.#deaths = new DeathReport(host.log, host.tally);
    this.#gate = new StartGate(before?.threads ?? 0);
    this.#known = settleConfig([...target.above, ...target.below]).settings;
    // Without an app there is nothing that would kill a thread: a spare would be 8 MB for nothing.
    this.#threads = this.#makeThreads(this.#known, { first: 0, spare: target.app !== undefined });
    const drainTimeoutMs = (): number => this.settled.settings.drainMs + CLOSE_MARGIN_MS;
    this.#recycling = new HeapRecycling(this.#threads, drainTimeoutMs, host.log);
  }

  /** Its number, from 1. */
  get number(): number {
    return this.#host.number;
  }

  /** What was settled at the start. */
  get settled(): Settled {
    if (this.#settled === undefined) throw new Error('The server has not started.');
    return this.#settled;
  }

  /** The server threads there are now, with those that replace one, were replaced or stand in. */
  threads(): ManagedThread[] {
    return this.#settled?.cover.threads() ?? this.#threads.threads();
  }

  /** Its threads as they are now, without waking any; of use before they are started too. */
  inSight(): ThreadsInSight {
    const { threads: places = 0, pool, hangs } = this.#settled ?? {};
    return {
      ...{ places, server: this.threads(), pool: pool?.threads() ?? [], record: this.#deaths.record },
      jobsWaiting: pool?.waiting ?? 0,
      isBusy: (worker) => pool?.isBusy(worker) ?? false,
      isHealthy: (thread) => hangs?.isHealthy(thread) ?? false,
      board: (thread) => this.#settled?.equipment.board(thread),
    };
  }

  /** Resolves when none of its threads accepts any more, after {@link end} was called. */
  get noneAccepts(): Promise<void> {
    return this.#accepting.none;
  }

  /** Whether its threads may accept; not while it is prepared to succeed another. */
  get mayAccept(): boolean {
    return this.#gate.isOpen;
  }

  /**
   * Starts the first generation; what was started is ended where that fails.
   * @returns resolves when every thread is ready
   * @throws the app's own error where no thread becomes ready; `ERR_HEDDLE_OPTION`; the errors of the sockets
   */
  async start(): Promise<void> {
    try {
      const { settings, origins } = settleConfig(this.#target.above);
      // Nothing the app could say would change the count: its other threads need not wait for what thread 0 learns.
      if (origins.threads !== 'default') this.#threads.grow(this.#threadCount(settings));
      const first = this.#threads.startAll();
      // Meanwhile as many as it will probably be load all but the app.
      this.#threads.foresee(this.#threadCount(this.#known));
      await Promise.race([this.#whenSettled.promise, first]);
      await this.#threads.startAll();
    } catch (error) {
      await this.terminate();
      throw error;
    }
  }

  /**
   * Starts the threads of a generation that succeeds another, up to where they could accept. Patience ends with the
   * first thread that fails; call {@link terminate} then.
   * @returns resolves when every thread is prepared, and every pool thread has loaded the tasks where there are any
   * @throws the error of the first thread that fails; `ERR_HEDDLE_OPTION`
   */
  async prepare(): Promise<void> {
    this.#threads.grow(this.#before?.threads ?? 1);
    // What fails here fails at the gate as well.
    this.#threads.startAll().catch(() => undefined);
    await this.#gate.full;
    if (this.#poolStarted) await this.settled.pool.loaded;
  }

  /**
   * Lets the prepared threads accept.
   * @returns resolves when every thread is ready
   */
  serve(): Promise<void> {
    this.#gate.open();
    return this.#threads.startAll();
  }

  /**
   * Ends everything in order.
   * @param idleGraceMs how long idle connections stay; by default as the options of this generation say
   * @returns the requests that lost their answers, and the threads that had to be stopped where they stood
   */
  async end(idleGraceMs?: number): Promise<GenerationEnd> {
    const { pool, settings, cover, hangs } = this.settled;
    const threads = cover.threads();
    this.#isEnding = true;
    this.#accepting.expectEnd(threads);
    if (idleGraceMs !== undefined)
      for (const thread of threads) thread.post({ kind: 'idle-grace', idleGraceMs } satisfies ToServerThread);
    const drainMs = settings.drainMs + CLOSE_MARGIN_MS;
    const stopped = (await Promise.all([this.#threads.drain(drainMs), cover.drain()])).flat();
    await hangs.stop();
    if (this.#poolStarted) await (this.#isCutShort ? pool.terminate() : pool.close());
    return { cut: this.#cut, stoppedThreads: stopped.map((thread) => thread.index) };
  }

  /** Ends what {@link end} has begun, as if `drainMs` were over: what is left is cut. */
  cutShort(): void {
    this.#isCutShort = true;
    const threads = this.threads();
    for (const thread of threads) {
      thread.post({ kind: 'cut-short' } satisfies ToServerThread);
      void thread.drain(CLOSE_MARGIN_MS);
    }
    if (threads.length === 0 && this.#poolStarted) void this.settled.pool.terminate();
  }

  /** Ends every thread where it stands. */
  async terminate(): Promise<void> {
    const settled = this.#settled;
    await Promise.all([this.#threads.terminate(), settled?.cover.terminate()]);
    await settled?.hangs.stop();
    if (this.#poolStarted) await settled?.pool.terminate();
  }

  /** One that accepts no more has closed its descriptor, and the number may be another's. */
  #withdraw(thread: ManagedThread): void {
    if (this.#accepting.hasStopped(thread)) return;
    this.#settled?.equipment.withdraw(thread);
    this.#settled?.cover.withdraw(thread);
  }

  /** Its threads that can be given connections. */
  takers(): ManagedThread[] {
    return this.threads().filter((thread) => this.#settled?.hangs.isHealthy(thread));
  }

  #makeThreads(
    { threadMemoryMb, startMs }: Settings,
    {
      first,
      ...rest
    }: Pick<SupervisorOptions, 'spare' | 'spareOf' | 'drainTimeoutMs'> & { readonly first: number },
  ): ThreadSupervisor {
    return new ThreadSupervisor({
      kind: 'server',
      size: 1,
      first,
      entry: new URL(import.meta.resolve('#server/server-thread.ts')),
      resourceLimits: heapLimits(threadMemoryMb),
      startTimeoutMs: startMs,
      // The app may set drainMs, and is not loaded yet: end() keeps the deadline.
      drainTimeoutMs: Number.POSITIVE_INFINITY,
      ...rest,
      launch: (index) => ({ workerData: this.#launch(index) }),
      onMessage: (thread, message) => this.#onMessage(thread, message as FromServerThread),
      // The one that stands in ends soon anyway.
      onHeapNearLimit: (thread, heap) => first === 0 && this.#recycling.request(thread, heap),
      onReady: (thread) => this.#onThreadReady(thread),
      onFailed: (error) => first === 0 && this.#host.onFailed(error),
      onDrainOverdue: (thread) => void this.settled.hangs.endOverdue(thread),
      onExit: (thread, exit, next) => this.#onThreadExit(thread, exit, next),
    });
  }

  /** Its number is one behind the last of the others. */
  #makeStandIn(): ThreadSupervisor {
    const { threads, settings } = this.settled;
    this.#host.log.write('warning', `no thread moves: server-${threads} is started to stand in`);
    const { drainMs } = settings;
    return this.#makeThreads(settings, { first: threads, drainTimeoutMs: drainMs, spareOf: this.#threads });
  }

  #launch(index: number): ServerLaunch {
    const { app } = this.#target;
    const { number: generation, generationCount, requestCount } = this.#host;
    return { index, app: app?.href, generation, generationCount, requestCount };
  }

  #onMessage(thread: ManagedThread, message: FromServerThread): void {
    switch (message.kind) {
      case 'loaded':
        void this.#onLoaded(thread, message.options);
        break;
      case 'prepared':
        this.#gate.arrive(thread);
        break;
      case 'max-requests':
        this.#host.onMaxRequests();
        break;
      case 'need-pool':
        this.#startPool();
        break;
      case 'pool-condemned':
        this.#settled?.pool.replaceCondemned();
        break;
      case 'stopped-accepting':
        this.#onStoppedAccepting(thread);
        break;
      case 'compressed':
        this.#host.compressed.onMessage(thread, message, this.settled.settings.compressCacheBytes);
        break;
      case 'logged':
        this.#host.tally.noteTold(message.severity, message.message);
        break;
      case 'cut':
        this.#onCut(thread, message.requests);
        break;
    }
  }

  #onStoppedAccepting(thread: ManagedThread): void {
    this.#accepting.delete(thread);
    if (this.#isEnding) return;
    // It is being recycled. What it had adopted would wait for its end.
    this.#settled?.cover.forsake(thread);
    this.#settled?.cover.place();
  }

  #onCut(thread: ManagedThread, requests: readonly CutRequest[]): void {
    if (this.#isEnding) this.#cut.push(...requests);
    else
      for (const { method, target } of requests)
        this.#host.log.write('warning', `server-${thread.index} is recycled and cut ${method} ${target}`);
  }

  async #onLoaded(thread: ManagedThread, options: ModuleOptions): Promise<void> {
    let settled: Settled;
    try {
      settled = await this.#settle(options);
    } catch {
      // start() or prepare() rejects with it.
      return;
    }
    try {
      await settled.equipment.equip(thread);
    } catch (error) {
      this.#host.log.write('error', `server-${thread.index} cannot listen\n${describeError(error)}`);
      this.#gate.fail(error);
      void thread.terminate();
    }
  }

  /** Settles the config and binds, once, with what the first thread tells; the rest of the threads follow. */
  #settle(options: ModuleOptions): Promise<Settled> {
    if (this.#settling === undefined) {
      this.#settling = this.#open(options);
      this.#settling.then(() => this.#whenSettled.resolve(), this.#whenSettled.reject);
      this.#settling.catch((error: unknown) => this.#gate.fail(error));
      this.#whenSettled.promise.catch(() => undefined);
    }
    return this.#settling;
  }

  async #open(options: ModuleOptions): Promise<Settled> {
    const { cpus, log, tally, limits } = this.#host;
    const { settings: told, served, tasks } = settleTarget(this.#target, options);
    const settings = keepFixedOptions(told, this.#before?.settings, log);
    const threads = this.#before?.threads ?? this.#threadCount(settings);
    const accessLog = this.#host.accessLog(settings);
    const sockets = this.#before?.sockets ?? (await this.#host.sockets(settings, threads));
    // Two more than threads: one may be replaced while another stands in.
    const senders = threads + 2;
    // A folder alone has files to compress, each once.
    const size = this.#target.app === undefined ? 1 : undefined;
    const pool = makeServerPool({ settings, senders, tasks, cpus: cpus.count, size, log, tally });
    const { cover, hangs } = this.#makeCover(settings, sockets);
    const equipment = { seats: senders, served, counts: tally.counts, limits };
    this.#settled = {
      settings,
      threads,
      sockets,
      pool,
      equipment: new ThreadEquipment({ ...equipment, sockets, pool, threads, settings, accessLog }),
      cover,
      hangs,
    };
    hangs.start();
    this.#threads.grow(threads);
    if (tasks !== undefined) this.#startPool();
    return this.#settled;
  }

  #makeCover(settings: Settings, sockets: ListeningSockets): Pick<Settled, 'cover' | 'hangs'> {
    const { log, stranded, tally } = this.#host;
    const cover = new ThreadCover({
      sockets,
      threads: () => this.#threads.threads(),
      isHealthy: (thread) => hangs.isHealthy(thread),
      makeStandIn: () => this.#makeStandIn(),
      log,
    });
    const board = (thread: ManagedThread) => this.#settled?.equipment.board(thread);
    const withdraw = (thread: ManagedThread) => this.#withdraw(thread);
    const hangs = new HangResponse({ log, cover, stranded, board, withdraw, counts: tally.counts }, settings);
    return { cover, hangs };
  }

  #threadCount({ threads }: Settings): number {
    return threads === 'auto' ? this.#host.cpus.count : threads;
  }

  #startPool(): void {
    if (this.#poolStarted) return;
    this.#poolStarted = true;
    this.#settled?.pool.start();
  }

  #onThreadExit(thread: ManagedThread, exit: ThreadExit, next: AfterExit): void {
    const settled = this.#settled;
    if (exit.kind === 'stuck') this.#host.onStuck(thread);
    this.#accepting.delete(thread);
    this.#host.compressed.forget(thread);
    settled?.equipment.takeBack(thread, exit);
    settled?.cover.forsake(thread, exit.kind === 'stuck');
    if (next === 'given-up') settled?.cover.giveUp(thread);
    settled?.cover.place();
    this.#gate.fail(exit.error ?? new Error(`server-${thread.index} ended before it could serve.`));
    this.#deaths.add(thread, exit, next);
  }

  #onThreadReady(thread: ManagedThread): void {
    const { cover } = this.settled;
    cover.uncover(thread);
    cover.place();
    this.#host.stranded.deliver();
    this.#deaths.onReady();
  }
}
