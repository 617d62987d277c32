import { setTimeout as delay } from 'node:timers/promises';
import type { CutRequest } from '#net/connection-set.ts';

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
  /** The first error of the threads, where every one of them died too often: the server ended because none was left. */
  readonly failure?: Error;
}

/** How to end a server; times in milliseconds. */
export interface CloseOptions {
  /** How long idle connections stay. @default the option of that name */
  readonly idleGraceMs?: number;
  /** How long the server serves on, no longer ready, before it begins to end. @default the option `shutdownDelayMs` */
  readonly delayMs?: number;
}

/** What is done at a shutdown, by whoever does it. */
export interface ShutdownSteps {
  /** From here on balancers hear that the server is not ready. It serves on. */
  announce(): void;
  /**
   * Accepts no more, answers what is in flight, ends the threads.
   * @param idleGraceMs how long idle connections stay
   */
  drain(idleGraceMs: number): Promise<ServerEnd>;
  /** Closes what tells of the rest. */
  finish(): Promise<void>;
}

/**
 * The order in which a server ends, once: not ready; the delay, in which balancers notice and send no more; the drain;
 * last the endpoint that told of it. Who connects between the drain's beginning and its end may be reset: the delay is
 * what keeps balancers from doing so.
 */
export class Shutdown {
  /** Resolves when all is over. */
  readonly closed: Promise<ServerEnd>;
  readonly #steps: ShutdownSteps;
  readonly #end = Promise.withResolvers<ServerEnd>();
  #hasBegun = false;

  /** @param steps what is done */
  constructor(steps: ShutdownSteps) {
    this.#steps = steps;
    this.closed = this.#end.promise;
  }

  /**
   * Begins, the first time it is called.
   * @param options how patient to be
   * @returns {@link closed}
   */
  begin(options: Required<CloseOptions>): Promise<ServerEnd> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#run(options).then(this.#end.resolve, this.#end.reject);
    }
    return this.closed;
  }

  async #run({ idleGraceMs, delayMs }: Required<CloseOptions>): Promise<ServerEnd> {
    this.#steps.announce();
    // A timer cannot be set beyond 24.8 days: it would fire at once.
    if (delayMs > 0) await delay(Math.min(delayMs, 0x7fffffff));
    try {
      return await this.#steps.drain(idleGraceMs);
    } finally {
      await this.#steps.finish();
    }
  }
}
