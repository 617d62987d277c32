import {
  type BrotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  type Gzip,
  type ZstdCompress,
} from 'node:zlib';
import { ReplyError } from '#http1/reply-head.ts';
import type { ContentCoding } from '#semantics/content-coding.ts';

type Codec = BrotliCompress | ZstdCompress | Gzip;

/** Larger pieces of content are compressed in parts of this size, each of which is sent before the next: memory is bounded. */
const PART_BYTES = 65_536;

/** Grades for content that is made while somebody waits; measured in decision 016. Small windows and tables bound memory. */
export const BROTLI_PARAMS: Readonly<Record<number, number>> = {
  [constants.BROTLI_PARAM_QUALITY]: 4,
  [constants.BROTLI_PARAM_LGWIN]: 18,
};
/** See {@link BROTLI_PARAMS}. */
export const ZSTD_PARAMS: Readonly<Record<number, number>> = {
  [constants.ZSTD_c_compressionLevel]: 3,
  [constants.ZSTD_c_windowLog]: 17,
  [constants.ZSTD_c_hashLog]: 14,
  [constants.ZSTD_c_chainLog]: 14,
};
/** See {@link BROTLI_PARAMS}. */
export const GZIP_LEVEL = 6;

const MAKERS: Readonly<Record<ContentCoding, () => Codec>> = {
  br: () => createBrotliCompress({ params: BROTLI_PARAMS }),
  zstd: () => createZstdCompress({ params: ZSTD_PARAMS }),
  gzip: () => createGzip({ level: GZIP_LEVEL }),
};

const FLUSH: Readonly<Record<ContentCoding, number>> = {
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
  gzip: constants.Z_SYNC_FLUSH,
};

/**
 * Content that is compressed as it flows. What the source gives is sent at once where nothing more follows in the same turn
 * of the event loop, as events do; what it gives in one go is compressed together.
 *
 * Start: the first `next()`. Stop: its end, or `return()`, which ends source and codec whatever they are at.
 */
export class CompressedContent implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #coding: ContentCoding;
  readonly #length: number | undefined;

  /**
   * @param source what is compressed
   * @param coding how
   * @param length how many bytes the source has promised; `undefined` where it has not. To have another number is a failure
   */
  constructor(source: AsyncIterable<Uint8Array>, coding: ContentCoding, length?: number) {
    this.#source = source;
    this.#coding = coding;
    this.#length = length;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return new CompressingIterator(this.#source[Symbol.asyncIterator](), this.#coding, this.#length);
  }
}

class CompressingIterator implements AsyncIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #coding: ContentCoding;
  /** Made late: the content of an answer to HEAD is let go of without having been asked for. */
  #codec: Codec | undefined;
  #output: Buffer[] = [];
  /** What is left of the piece that is being compressed. */
  #rest: Uint8Array | undefined;
  /** The next piece, asked for to see whether it follows at once. */
  #following: Promise<IteratorResult<Uint8Array>> | undefined;
  #isEnded = false;
  /** Nothing followed what was taken from the source: it is to be sent. */
  #isLastForNow = false;
  #received = 0;
  readonly #promised: number | undefined;
  /** Of the codec, while it works. */
  #fail: (error: Error) => void = () => undefined;

  constructor(source: AsyncIterator<Uint8Array>, coding: ContentCoding, length: number | undefined) {
    this.#source = source;
    this.#coding = coding;
    this.#promised = length;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    try {
      while (this.#output.length === 0 && !this.#isEnded) await this.#advance();
    } catch (error) {
      this.#end();
      throw error;
    }
    const [first, ...others] = this.#output;
    this.#output = [];
    if (first === undefined) return { done: true, value: undefined };
    return { done: false, value: others.length === 0 ? first : Buffer.concat([first, ...others]) };
  }

  /** At once, though a piece of the source is awaited: it may never come. */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.#output = [];
    this.#end();
    const done = { done: true, value: undefined } as const;
    const returned = this.#source.return?.();
    return returned === undefined ? Promise.resolve(done) : returned.then(() => done);
  }

  async #advance(): Promise<void> {
    if (this.#rest !== undefined) return this.#compressPart(this.#rest);
    const { done, value } = await (this.#following ?? this.#source.next());
    this.#following = undefined;
    if (this.#isEnded) return;
    this.#count(done === true ? undefined : value.length);
    if (done !== true) return this.#compressPart(await this.#gather(value));
    await this.#work((codec, settled) => codec.end().once('end', settled));
    this.#end();
  }

  /** Takes what follows at once, for as long as it is little: each piece for itself would cost a turn in the thread pool. */
  async #gather(first: Uint8Array): Promise<Uint8Array> {
    const pieces = [first];
    let size = first.length;
    for (;;) {
      this.#following = this.#source.next();
      const following = await whatComesAtOnce(this.#following);
      this.#isLastForNow = following === undefined;
      // Its end, or its failure, is met when what came before it is sent.
      if (following === undefined || following === 'failure' || following.done === true) break;
      if (size >= PART_BYTES) break;
      this.#following = undefined;
      this.#count(following.value.length);
      pieces.push(following.value);
      size += following.value.length;
    }
    return pieces.length === 1 ? first : Buffer.concat(pieces);
  }

  async #compressPart(piece: Uint8Array): Promise<void> {
    if (this.#isEnded) return;
    const isLast = piece.length <= PART_BYTES;
    this.#rest = isLast ? undefined : piece.subarray(PART_BYTES);
    await this.#work((codec, settled) =>
      codec.write(isLast ? piece : piece.subarray(0, PART_BYTES), settled),
    );
    if (!isLast || this.#isEnded || !this.#isLastForNow) return;
    this.#isLastForNow = false;
    await this.#work((codec, settled) => codec.flush(FLUSH[this.#coding], settled));
  }

  /** Nobody behind the codec could tell that something is missing. */
  #count(bytes: number | undefined): void {
    this.#received += bytes ?? 0;
    const promised = this.#promised;
    const received = this.#received;
    if (promised === undefined || (bytes === undefined ? received === promised : received <= promised))
      return;
    const found = bytes === undefined ? `${received}` : `at least ${received}`;
    throw new ReplyError(`The body has ${found} bytes, and its content-length promised ${promised}.`);
  }

  /** Gives the codec something to do, and collects what comes of it. */
  async #work(order: (codec: Codec, settled: () => void) => void): Promise<void> {
    this.#codec ??= this.#start();
    const codec = this.#codec;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      order(codec, resolve);
    });
    // What the stream holds back for a later turn.
    while (codec.read() !== null);
  }

  #start(): Codec {
    const codec = MAKERS[this.#coding]();
    codec.on('data', (chunk: Buffer) => this.#output.push(chunk));
    codec.on('error', (error) => this.#fail(error));
    return codec;
  }

  #end(): void {
    this.#isEnded = true;
    this.#rest = undefined;
    this.#codec?.destroy();
  }
}

/** What a source gives before the event loop has come around once; `undefined` where that is nothing. */
function whatComesAtOnce<Piece>(promise: Promise<Piece>): Promise<Piece | 'failure' | undefined> {
  return new Promise((resolve) => {
    const late = setImmediate(() => resolve(undefined));
    promise.then(
      (piece) => {
        clearImmediate(late);
        resolve(piece);
      },
      () => {
        clearImmediate(late);
        resolve('failure');
      },
    );
  });
}
