import { BodyError, type IncomingBody } from '#exchange/incoming-request.ts';
import { CollectedContent } from './collected-content.ts';

/** What a body needs of its connection. */
export interface BodySource {
  /** The reader wants bytes: read on, and send the 100 that the peer may wait for. */
  onBodyDemand(): void;
  /** The reader wants no more: read on, but ask for nothing. */
  onBodyDiscarded(): void;
}

/** Unread content up to this size is taken from the connection before the reader asks for it. */
const READ_AHEAD_BYTES = 65_536;

type Waiter = { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void };

/**
 * The content of one request on its way from the connection to its one reader. It holds at most one read of bytes
 * that nobody asked for; then {@link isFull} stops the connection from reading, and the peer has to wait.
 */
export class InboundBody implements IncomingBody {
  readonly length: number | undefined;
  trailers: readonly string[] = [];
  /** How much of it has come, in bytes. */
  received = 0;
  readonly #source: BodySource;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #collected: CollectedContent | undefined;
  #limit = Number.POSITIVE_INFINITY;
  #isUsed = false;
  #isClaimed = false;
  #isDiscarded = false;
  #outcome: 'end' | Error | undefined;
  #onSettled: (() => void) | undefined;
  #waiter: Waiter | undefined;

  /**
   * @param source the connection
   * @param length what the peer declared, in bytes; `undefined` for chunked
   */
  constructor(source: BodySource, length: number | undefined) {
    this.#source = source;
    this.length = length;
  }

  /** Whether the reader has more than it asked for. */
  get isFull(): boolean {
    return this.#buffered >= READ_AHEAD_BYTES;
  }

  /** Whether somebody reads it and waits for bytes. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined || this.#onSettled !== undefined;
  }

  /** Whether somebody has begun to read it and has not given up. */
  get isWanted(): boolean {
    return this.#isUsed && !this.#isDiscarded;
  }

  /** Whether somebody reads it, or may still begin to. */
  get isHeld(): boolean {
    return (this.#isClaimed || this.#isUsed) && !this.#isDiscarded;
  }

  /**
   * Content came.
   * @param chunk lent: what is kept of it is copied
   * @returns `false` where they were thrown away
   */
  push(chunk: Uint8Array): boolean {
    this.received += chunk.length;
    if (this.#isDiscarded) return false;
    if (this.#collected !== undefined) {
      this.#collected.add(chunk);
      if (this.#collected.size > this.#limit) this.fail(tooLarge(this.#limit));
      return true;
    }
    const own = Buffer.from(chunk);
    if (this.#waiter !== undefined) {
      const { resolve } = this.#waiter;
      this.#waiter = undefined;
      resolve({ done: false, value: own });
      return true;
    }
    this.#chunks.push(own);
    this.#buffered += own.length;
    return true;
  }

  /**
   * The content is complete.
   * @param trailers the fields behind it, flat
   */
  end(trailers: readonly string[]): void {
    this.trailers = trailers;
    this.#settle('end');
  }

  /** No more content will come, and what came is not all. */
  fail(error: Error): void {
    this.#settle(error);
  }

  /**
   * The answer was sent and nobody had begun to read: what comes is thrown away, and whoever begins now is told so. An
   * end of what was never there would look like content.
   */
  abandon(): void {
    this.fail(new BodyError('body-incomplete', 'The answer was sent before the content was read.'));
    this.discard();
  }

  /** Nobody will read it (any more): what comes is thrown away. */
  discard(): void {
    this.#isDiscarded = true;
    this.#chunks = [];
    this.#buffered = 0;
    this.#collected = undefined;
    this.#waiter?.resolve({ done: true, value: undefined });
    this.#waiter = undefined;
  }

  claim(): void {
    this.#isClaimed = true;
  }

  collect(limit: number): Promise<Uint8Array> {
    this.#use();
    if (this.length !== undefined && this.length > limit) {
      this.discard();
      return Promise.reject(tooLarge(limit));
    }
    if (this.#buffered > limit) {
      // All of it may be here already, so that no further chunk would show that it is too much.
      this.discard();
      return Promise.reject(tooLarge(limit));
    }
    this.#limit = limit;
    const collected = new CollectedContent(this.length);
    for (const chunk of this.#chunks) collected.add(chunk);
    this.#chunks = [];
    this.#buffered = 0;
    this.#collected = collected;
    return new Promise((resolve, reject) => {
      this.#onSettled = () => {
        this.#onSettled = undefined;
        if (this.#outcome === 'end') resolve(collected.take());
        else reject(this.#outcome);
        this.discard();
      };
      if (this.#outcome !== undefined) this.#onSettled();
      else this.#source.onBodyDemand();
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#use();
    return {
      next: () => this.#next(),
      return: () => {
        this.discard();
        this.#source.onBodyDiscarded();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#buffered -= chunk.length;
      if (this.#outcome === undefined && this.#chunks.length === 0) this.#source.onBodyDemand();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#outcome instanceof Error) return Promise.reject(this.#outcome);
    if (this.#outcome === 'end' || this.#isDiscarded)
      return Promise.resolve({ done: true, value: undefined });
    // A second reader would take the place of the first, which would then wait for ever.
    if (this.#waiter !== undefined) return Promise.reject(alreadyRead());
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#source.onBodyDemand();
    });
  }

  #use(): void {
    if (this.#isUsed) throw alreadyRead();
    this.#isUsed = true;
  }

  #settle(outcome: 'end' | Error): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#onSettled?.();
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (outcome === 'end') waiter?.resolve({ done: true, value: undefined });
    else waiter?.reject(outcome);
  }
}

function alreadyRead(): BodyError {
  return new BodyError('body-used', 'The body of this request is being read already.');
}

function tooLarge(limit: number): BodyError {
  return new BodyError('body-too-large', `The body is larger than the ${limit} bytes that are taken.`);
}
