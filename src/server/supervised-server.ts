import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '#observe/error-text.ts';
import { shutdownStarted } from '#observe/events.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { weighExternalMemory } from '#threads/external-memory.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';
import { AccessLogFile } from './access-log-file.ts';
import { CompressedStore } from './compressed-store.ts';
import { type UsableCpus, usableCpus } from './cpu-count.ts';
import { Generation } from './generation.ts';
import type { GenerationEnd, GenerationHost, Settled } from './generation-host.ts';
import { GenerationCount, generationLog } from './generation-log.ts';
import { warnOfOverridingFlags } from './heap-recycling.ts';
import { placeOf } from './listening-place.ts';
import { ListeningSockets } from './listening-sockets.ts';
import { ReloadTurns } from './reload-turns.ts';
import type { Settings } from './serve-options.ts';
import { settleConfig } from './server-config.ts';
import { ServerTally } from './server-tally.ts';
import { SharedLimits } from './shared-limits.ts';
import type { ServerEnd } from './shutdown.ts';
import { StrandedConnections } from './stranded-connections.ts';
import type { SupervisedOptions } from './supervised-options.ts';
import type { ThreadsInSight } from './threads-in-sight.ts';

/**
 * So many generations may be finishing what they have. Each may take `drainMs`, and has threads and memory of its own.
 */
const MOST_RETIRING = 3;

/**
 * The supervisor: owns the listening sockets for the life of the process, the generation of threads that serves
 * (`generation.ts`), and those that were replaced by a reload and finish what they have. It runs no app code and
 * serves no request, so it can always act for the others.
 *
 * Start: the first generation is started and has the sockets bound as soon as the options are settled. Reload: the next
 * one is prepared beside it, up to where it could accept; if all of it can it does, and the one before is ended; if not
 * the new one is, and nothing has happened. Stop: all generations are ended; the sockets are closed as soon as no
 * thread accepts.
 */
export class SupervisedServer {
  /** What is known of the whole process. */
  readonly tally: ServerTally;
  readonly #options: SupervisedOptions;
  readonly #cpus: UsableCpus = usableCpus();
  readonly #compressed = new CompressedStore();
  readonly #requestCount = new SharedArrayBuffer(4);
  readonly #limits = new SharedLimits();
  readonly #maxRequestsReached = Promise.withResolvers<void>();
  readonly #reloads = new ReloadTurns((reason) => this.#reload(reason));
  /** By generation: how its end goes. */
  readonly #retiring = new Map<Generation, Promise<GenerationEnd>>();
  readonly #count = new GenerationCount();
  #current: Generation;
  /** While a reload is under way: what is to succeed. */
  #next: Generation | undefined;
  #sockets: Promise<ListeningSockets> | undefined;
  #accessLog: AccessLogFile | undefined;
  readonly #stranded = new StrandedConnections(() => this.#current.takers());
  /** Those that native code holds, or held when they were to end. */
  readonly #stuck: ManagedThread[] = [];
  readonly #failure = Promise.withResolvers<Error>();
  #failedWith: Error | undefined;
  #hasStarted = false;
  #isClosing = false;

  /** @param options what to serve */
  constructor(options: SupervisedOptions) {
    const { settings } = settleConfig([...options.above, ...options.below]);
    this.tally = new ServerTally(settings.admin !== '');
    this.#options = { ...options, log: this.tally.keep(options.log) };
    this.#current = this.#makeGeneration(1);
    this.#countGenerations();
    if (settings.threadMemoryMb > 0) warnOfOverridingFlags(options.log);
  }

  /** Resolves when `maxRequests` requests have come. */
  get maxRequestsReached(): Promise<void> {
    return this.#maxRequestsReached.promise;
  }

  /** Resolves with the first error when every thread has died too often and none is left. */
  get failed(): Promise<Error> {
    return this.#failure.promise;
  }

  /** What was settled for the generation that serves. */
  get settled(): Settled {
    return this.#current.settled;
  }

  /** The threads of the generation that serves, without waking any; of use before {@link start} too. */
  inSight(): ThreadsInSight {
    return this.#current.inSight();
  }

  /** The number of the generation that serves, from 1. */
  get generation(): number {
    return this.#current.number;
  }

  /** How many generations there are, with the one that is prepared and those that finish what they have. */
  get generations(): number {
    return this.#count.value;
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
      await this.#current.start();
      this.#hasStarted = true;
      // Not before: V8 takes no code that was compiled under other flags, not even that of Node's own modules.
      if (this.#options.ownsProcess === true) weighExternalMemory(this.settled.settings.threadMemoryMb);
    } catch (error) {
      await this.#closeSockets();
      throw error;
    }
  }

  /**
   * Starts a new generation and, when all of it is ready, lets the one before finish what it has and end. Asked for
   * while a reload is under way, one more follows it.
   * @param reason for the log
   * @returns resolves when new connections are the new generation's; the one before may still have answers to finish
   * @throws the error of the first thread that fails: the generation before serves on; `ERR_HEDDLE_CLOSING`
   */
  reload(reason: string): Promise<void> {
    return this.#reloads.request(reason);
  }

  /**
   * Opens the file of the access log anew.
   * @returns rejects with the error of the system: the file before is written to
   */
  async reopenLogs(): Promise<void> {
    await this.#accessLog?.reopen();
  }

  /**
   * Ends everything in order.
   * @param idleGraceMs how long idle connections stay
   * @returns the requests that lost their answers, and the threads that had to be stopped where they stood
   */
  async close(idleGraceMs: number): Promise<ServerEnd> {
    this.#isClosing = true;
    const { sockets } = this.settled;
    const next = this.#next;
    const serving = next?.mayAccept ? [this.#current, next] : [this.#current];
    const ends = [...this.#retiring.values(), ...serving.map((generation) => generation.end(idleGraceMs))];
    const all = [...this.#retiring.keys(), ...serving];
    this.#stranded.endAll(this.settled.settings.lingerMs);
    void Promise.all(all.map(({ noneAccepts }) => noneAccepts)).then(() => {
      // Nobody accepts any more: what comes now is better refused than left to hang.
      sockets.close();
      void this.#options.keeper?.tellEnding();
      const threads = all.flatMap((generation) => generation.threads()).length;
      if (shutdownStarted.hasSubscribers) shutdownStarted.publish({ threads });
    });
    const [ended] = await Promise.all([Promise.all(ends), next?.mayAccept ? undefined : next?.terminate()]);
    sockets.close();
    await this.#stranded.ended();
    await this.#accessLog?.close();
    return {
      cut: ended.flatMap(({ cut }) => cut),
      stoppedThreads: ended.flatMap(({ stoppedThreads }) => stoppedThreads),
      ...(this.#failedWith === undefined ? {} : { failure: this.#failedWith }),
      stuckThreads: this.#stuck.filter(({ isHeld }) => isHeld).length,
    };
  }

  /** Ends every thread where it stands. */
  async terminate(): Promise<void> {
    this.#isClosing = true;
    const all = [...this.#retiring.keys(), this.#current, ...(this.#next === undefined ? [] : [this.#next])];
    await Promise.all(all.map((generation) => generation.terminate()));
    await this.#closeSockets();
  }

  async #reload(reason: string): Promise<void> {
    if (this.#isClosing) throw isClosing();
    const { log } = this.#options;
    const begin = performance.now();
    log.write('info', `reloading (${reason})`);
    // One that was cut short ends within moments.
    while (this.#retiring.size > MOST_RETIRING) await Promise.race(this.#retiring.values());
    if (this.#isClosing) throw isClosing();
    try {
      await this.#options.beforeReload?.();
    } catch (error) {
      this.#logFailedReload(error);
      throw error;
    }
    if (this.#isClosing) throw isClosing();
    const next = this.#makeGeneration(this.#current.number + 1, this.settled);
    this.#next = next;
    this.#countGenerations();
    try {
      await next.prepare();
      if (this.#isClosing) throw isClosing();
      this.#cutOldestShort();
      await next.serve();
    } catch (error) {
      // close() ends what it finds, in its own way.
      if (this.#isClosing) throw isClosing();
      await next.terminate();
      this.#logFailedReload(error);
      throw error;
    } finally {
      this.#next = undefined;
      this.#countGenerations();
    }
    if (this.#isClosing) throw isClosing();
    const before = this.#current;
    this.#current = next;
    this.tally.reloads.done += 1;
    this.#stranded.deliver();
    this.#retiring.set(before, this.#retire(before));
    this.#countGenerations();
    // From here on a new connection is the new generation's; a thread that hangs accepts none, and is not waited for.
    await Promise.race([
      before.noneAccepts,
      delay(before.settled.settings.stallMs, undefined, { ref: false }),
    ]);
    log.write('info', `generation ${next.number} serves, in ${Math.round(performance.now() - begin)} ms`);
  }

  #logFailedReload(error: unknown): void {
    const { number } = this.#current;
    this.tally.reloads.failed += 1;
    this.#options.log.write(
      'error',
      `reload failed, generation ${number} serves on\n${describeError(error)}`,
    );
  }

  /** One more is about to finish what it has. */
  #cutOldestShort(): void {
    const tooMany = this.#retiring.size + 1 - MOST_RETIRING;
    for (const generation of [...this.#retiring.keys()].slice(0, Math.max(0, tooMany))) {
      const { number } = generation;
      this.#options.log.write(
        'warning',
        `generation ${number} is cut short: no more than ${MOST_RETIRING} may be finishing what they have`,
      );
      generation.cutShort();
    }
  }

  /** Lets a generation finish what it has; what it could not finish is logged, or told by close(). */
  async #retire(generation: Generation): Promise<GenerationEnd> {
    const { log } = this.#options;
    const { number } = generation;
    const begin = performance.now();
    const end = await generation.end();
    this.#retiring.delete(generation);
    this.#countGenerations();
    if (this.#isClosing) return end;
    for (const { method, target } of end.cut)
      log.write('warning', `generation ${number} cut ${method} ${target}`);
    for (const thread of end.stoppedThreads)
      log.write('warning', `generation ${number}: server-${thread} did not end and was stopped`);
    log.write('info', `generation ${number} has ended, in ${Math.round(performance.now() - begin)} ms`);
    return end;
  }

  #makeGeneration(number: number, before?: Settled): Generation {
    const host: GenerationHost = {
      number,
      log: generationLog(this.#options.log, number, this.#count),
      generationCount: this.#count.buffer,
      tally: this.tally,
      cpus: this.#cpus,
      stranded: this.#stranded,
      requestCount: this.#requestCount,
      limits: this.#limits,
      compressed: this.#compressed,
      sockets: (settings, threads) => this.#openSockets(settings, threads),
      accessLog: (settings) => this.#openAccessLog(settings),
      onMaxRequests: () => this.#maxRequestsReached.resolve(),
      onStuck: (thread) => void this.#stuck.push(thread),
      onFailed: (error) => this.#onFailed(generation, error),
    };
    const generation = new Generation(this.#options, host, before);
    return generation;
  }

  #onFailed(generation: Generation, error: Error): void {
    // One that is being prepared, or has ended its turn, leaves another that serves; one that never served rejects.
    if (generation !== this.#current || !this.#hasStarted || this.#isClosing) return;
    this.#failedWith = error;
    this.#failure.resolve(error);
  }

  #countGenerations(): void {
    this.#count.value = 1 + this.#retiring.size + (this.#next === undefined ? 0 : 1);
  }

  #openSockets(settings: Settings, threads: number): Promise<ListeningSockets> {
    this.#sockets ??= this.#openFirst(settings, threads);
    return this.#sockets;
  }

  async #openFirst(settings: Settings, threads: number): Promise<ListeningSockets> {
    const { inherited, keeper, backend } = this.#options;
    const place = { ...placeOf(settings, inherited), threads };
    const sockets = await ListeningSockets.open(backend === undefined ? place : { ...place, backend });
    if (keeper?.kept.descriptors.length === 0) {
      await sockets.keepWith(keeper);
      if (sockets.backend === 'reuse-port') this.#options.log.write('warning', NOT_KEPT);
    }
    return sockets;
  }

  #openAccessLog(settings: Settings): AccessLogFile | undefined {
    this.#accessLog ??= AccessLogFile.open(settings, this.#options.log);
    return this.#accessLog;
  }

  async #closeSockets(): Promise<void> {
    await this.#accessLog?.close();
    (await this.#sockets?.catch(() => undefined))?.close();
  }
}

const NOT_KEPT =
  'this Node cannot hand sockets to a launcher: while no server runs connections are refused. Use Node 26.10 or 24.21';

function isClosing(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_CLOSING',
    'The server is shutting down and cannot be reloaded. Start it anew.',
  );
}
