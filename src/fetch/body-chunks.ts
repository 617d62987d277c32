import { Buffer } from 'node:buffer';
import { HeddleError } from '#observe/heddle-error.ts';

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * A stream's chunks as a reply body. It locks the stream at once, so that nothing else can read what is being
 * sent, and pulls only when asked.
 *
 * Whoever sends it must either iterate to the end or call {@link StreamChunks.return}; for the answer to a HEAD
 * that is `return()` without a single `next()`.
 */
export class StreamChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #check: (result: { done: boolean; value?: unknown }) => IteratorResult<Uint8Array, undefined>;

  /** @param stream a stream nobody has read or locked yet */
  constructor(stream: ReadableStream) {
    this.#reader = stream.getReader();
    this.#check = ({ done, value }) => {
      if (done) return DONE;
      if (value instanceof Uint8Array) return { done: false, value };
      throw this.#refuse(value);
    };
  }

  /** The next chunk. Rejects with the stream's own error, or a `TypeError` at a chunk that is not a `Uint8Array`. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.#reader.read().then(this.#check);
  }

  /**
   * Cancels the stream. It may reject: with what the stream's own `cancel` threw, or its earlier error.
   * @param reason what the stream's source is told
   */
  async return(reason: unknown = cancelled()): Promise<IteratorReturnResult<undefined>> {
    await this.#reader.cancel(reason);
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #refuse(value: unknown): TypeError {
    const error = new TypeError(
      `A body stream gave a chunk of type ${typeof value}. A body is made of Uint8Array chunks: encode text with a TextEncoderStream.`,
    );
    // The chunk's error is the one to report; a source that also fails to cancel adds nothing to it.
    this.#reader.cancel(error).catch(() => {});
    return error;
  }
}

/**
 * The chunks of an async iterable that an app gave as body, as bytes: strings are encoded as UTF-8, as Node's own
 * `Response` does. The same duties for its sender as {@link StreamChunks}.
 */
export class IterableChunks implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterable<unknown>;
  readonly #iterator: AsyncIterator<unknown>;
  #started = false;

  /** @param source an iterable nobody has read yet */
  constructor(source: AsyncIterable<unknown>) {
    this.#source = source;
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** The next chunk. Rejects with the iterable's own error, or a `TypeError` at a chunk that is no bytes. */
  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#started = true;
    const { done, value } = await this.#iterator.next();
    return done ? DONE : { done: false, value: chunkBytes(value) };
  }

  /** Ends the iteration. It may reject, with what the iterable's own clean-up threw. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    // A generator that never ran has no `finally` to run, so a Node stream would keep its file open.
    if (!this.#started && isNodeStream(this.#source)) {
      // A file that could not be opened says so only now, and an error without a listener would end the thread.
      this.#source.on('error', () => {});
      this.#source.destroy();
    }
    await this.#iterator.return?.();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function chunkBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(
    `A body iterable gave a chunk of type ${typeof value}. A body is made of Uint8Array or string chunks.`,
  );
}

interface NodeStream {
  on(event: 'error', listener: () => void): unknown;
  destroy(): void;
}

function isNodeStream(source: object): source is NodeStream {
  const { on, destroy } = source as Partial<NodeStream>;
  return typeof on === 'function' && typeof destroy === 'function';
}

function cancelled(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_REPLY_CANCELLED',
    'The answer was not sent to its end: the client went away, or asked for the head alone. Stop producing content.',
  );
}
