import type { CutRequest } from '#net/connection-set.ts';
import { shutdownStarted } from '#observe/events.ts';
import type { Log } from '#observe/log.ts';
import { type UsableCpus, usableCpus } from './cpu-count.ts';
import { Generation } from './generation.ts';
import type { ServedTarget, Settled } from './generation-host.ts';
import { warnOfOverridingFlags } from './heap-recycling.ts';
import { placeOf } from './listening-place.ts';
import { ListeningSockets } from './listening-sockets.ts';
import type { Settings } from './serve-options.ts';
import { settleConfig } from './server-config.ts';

/** What the supervisor of a server is made of. */
export interface SupervisedOptions extends ServedTarget {
  /** Descriptors of sockets that this process was started with, to listen on instead of binding. */
  readonly inherited: readonly number[];
  /** Where the lives of threads are logged. */
  readonly log: Log;
}

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

/**
 * The supervisor: owns the listening sockets for the life of the process, and the generation of threads that serves
 * (`generation.ts`). It runs no app code and serves no request, so it can always act for the others.
 *
 * Start: the generation is started and has the sockets bound as soon as the options are settled. Stop: the generation
 * is ended; the sockets are closed as soon as none of its threads accepts.
 */
export class SupervisedServer {
  readonly #options: SupervisedOptions;
  readonly #cpus: UsableCpus = usableCpus();
  readonly #requestCount = new SharedArrayBuffer(4);
  readonly #maxRequestsReached = Promise.withResolvers<void>();
  readonly #current: Generation;
  #sockets: Promise<ListeningSockets> | undefined;

  /** @param options what to serve */
  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#current = this.#makeGeneration();
    const { settings } = settleConfig([...options.above, ...options.below]);
    if (settings.threadMemoryMb > 0) warnOfOverridingFlags(options.log);
  }

  /** Resolves when `maxRequests` requests have come. */
  get maxRequestsReached(): Promise<void> {
    return this.#maxRequestsReached.promise;
  }

  /** What was settled at the start. */
  get settled(): Settled {
    return this.#current.settled;
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
    } catch (error) {
      await this.#closeSockets();
      throw error;
    }
  }

  /**
   * Ends everything in order.
   * @param idleGraceMs how long idle connections stay
   * @returns the requests that lost their answers, and the threads that had to be stopped where they stood
   */
  async close(idleGraceMs: number): Promise<ServerEnd> {
    const { sockets } = this.settled;
    void this.#current.noneAccepts.then(() => {
      // Nobody accepts any more: what comes now is better refused than left to hang.
      sockets.close();
      if (shutdownStarted.hasSubscribers)
        shutdownStarted.publish({ threads: this.#current.threads().length });
    });
    const end = await this.#current.end(idleGraceMs);
    sockets.close();
    return end;
  }

  /** Ends every thread where it stands. */
  async terminate(): Promise<void> {
    await this.#current.terminate();
    await this.#closeSockets();
  }

  #makeGeneration(): Generation {
    return new Generation(this.#options, {
      log: this.#options.log,
      cpus: this.#cpus,
      requestCount: this.#requestCount,
      sockets: (settings, threads) => this.#openSockets(settings, threads),
      onMaxRequests: () => this.#maxRequestsReached.resolve(),
    });
  }

  #openSockets(settings: Settings, threads: number): Promise<ListeningSockets> {
    this.#sockets ??= ListeningSockets.open({ ...placeOf(settings, this.#options.inherited), threads });
    return this.#sockets;
  }

  async #closeSockets(): Promise<void> {
    (await this.#sockets?.catch(() => undefined))?.close();
  }
}
