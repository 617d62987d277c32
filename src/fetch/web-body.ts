import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { BodyError, type IncomingBody } from '#exchange/incoming-request.ts';
import type { ReplyBody } from '#exchange/reply.ts';
import { IterableChunks, StreamChunks } from './body-chunks.ts';
import { collectChunks, streamOfBytes, streamOfIncoming, streamOfIterable } from './body-streams.ts';
import { ContentTooLargeError } from './content-too-large.ts';
import { isDecodedStream, noteCopy } from './decoded-content.ts';
import { contentOfForm } from './form-content.ts';

/** What a `Response` can be made from. */
export type BodyInit = NonNullable<ConstructorParameters<typeof Response>[0]>;

type BodySource =
  | { readonly kind: 'memory'; readonly content: string | Uint8Array }
  | { readonly kind: 'blob'; readonly content: Blob }
  | { readonly kind: 'incoming'; readonly content: IncomingBody }
  | { readonly kind: 'iterable'; readonly content: AsyncIterable<unknown> }
  | { readonly kind: 'stream'; readonly content: ReadableStream };

const NativeResponse = globalThis.Response;
const UTF8 = new TextDecoder();

/** Which body a stream that we made stands for: `new Response(other.body, other)` then keeps the fast way. */
const bodiesByStream = new WeakMap<ReadableStream, WebBody>();

/**
 * The content of a `Request` or `Response`: as it was given, until somebody wants a stream.
 *
 * It is read once: by {@link WebBody.collect}, {@link WebBody.text}, {@link WebBody.take} or through
 * {@link WebBody.stream}.
 */
export class WebBody {
  /** The content type that the kind of content implies; `null` where it implies none. */
  readonly type: string | null;
  /** The length in bytes where it is known without looking at the content. */
  readonly length: number | undefined;
  #source: BodySource;
  readonly #limit: number;
  #used = false;
  #stream: ReadableStream<Uint8Array> | undefined;
  #origin: WebBody | undefined;

  private constructor(source: BodySource, type: string | null, limit: number) {
    this.#source = source;
    this.type = type;
    this.#limit = limit;
    this.length = source.kind === 'blob' ? source.content.size : undefined;
    if (source.kind === 'stream') this.#stream = source.content;
  }

  /**
   * The body an app gives a `Response`.
   * @param init any body the standard takes, or one that is made already; bytes are copied, as the standard does,
   * since an app that uses its buffer again would change an answer that is still being sent
   * @throws {TypeError} at a stream that is locked or was read
   */
  static fromInit(init: BodyInit | WebBody): WebBody {
    if (typeof init === 'string') return WebBody.fromText(init, 'text/plain;charset=UTF-8');
    if (init instanceof WebBody) return init;
    if (ArrayBuffer.isView(init)) return WebBody.#fromBytes(init.buffer, init.byteOffset, init.byteLength);
    if (init instanceof ArrayBuffer) return WebBody.#fromBytes(init, 0, init.byteLength);
    if (init instanceof ReadableStream) return WebBody.#fromStream(init);
    if (init instanceof Blob)
      return new WebBody({ kind: 'blob', content: init }, init.type || null, Infinity);
    if (init instanceof URLSearchParams) {
      return WebBody.fromText(init.toString(), 'application/x-www-form-urlencoded;charset=UTF-8');
    }
    if (init instanceof FormData) {
      const { blob, type } = contentOfForm(init);
      return new WebBody({ kind: 'blob', content: blob }, type, Infinity);
    }
    if (isAsyncIterable(init)) return new WebBody({ kind: 'iterable', content: init }, null, Infinity);
    return WebBody.#fromNative(init);
  }

  /**
   * Text of a content type that is known.
   * @param text sent as UTF-8
   * @param type the content type for a response that has none
   */
  static fromText(text: string, type: string): WebBody {
    return new WebBody({ kind: 'memory', content: text }, type, Infinity);
  }

  /**
   * The content of a request.
   * @param content what the connection reads
   * @param limit the most bytes to hold in memory; a stream is not bounded
   */
  static fromIncoming(content: IncomingBody, limit: number): WebBody {
    return new WebBody({ kind: 'incoming', content }, null, limit);
  }

  static #fromBytes(memory: ArrayBufferLike, start: number, length: number): WebBody {
    // A copy in Node's own pool, where it is small. Memory that was handed on has no bytes, and cannot be looked at.
    const content = Buffer.from(length === 0 ? [] : new Uint8Array(memory, start, length));
    return new WebBody({ kind: 'memory', content }, null, Infinity);
  }

  static #fromStream(stream: ReadableStream): WebBody {
    if (stream.locked || isDisturbed(stream)) {
      throw new TypeError('Response body object should not be disturbed or locked');
    }
    const origin = bodiesByStream.get(stream);
    if (origin === undefined || origin.#stream !== stream) {
      return new WebBody({ kind: 'stream', content: stream }, null, Infinity);
    }
    const body = new WebBody(origin.#source, null, origin.#limit);
    body.#stream = stream;
    body.#origin = origin;
    return body;
  }

  /** Values that the standard turns into text. */
  static #fromNative(init: BodyInit): WebBody {
    const native = new NativeResponse(init);
    const content = native.body ?? streamOfBytes('');
    return new WebBody({ kind: 'stream', content }, native.headers.get('content-type'), Infinity);
  }

  /** Whether any of it was read. */
  get used(): boolean {
    if (this.#used || this.#origin?.used === true) return true;
    return this.#stream !== undefined && isDisturbed(this.#stream);
  }

  /** Whether it can no longer be read: used, or its stream has another reader. */
  get unusable(): boolean {
    return this.used || this.#stream?.locked === true;
  }

  /** Whether it is content that `fetch()` decoded. */
  get isDecoded(): boolean {
    return this.#source.kind === 'stream' && isDecodedStream(this.#source.content);
  }

  /** The content as a stream, always the same one. Reading it uses the body. */
  get stream(): ReadableStream<Uint8Array> {
    if (this.#stream === undefined) {
      this.#stream = this.#used ? spentStream() : makeStream(this.#source, () => this.#used);
      bodiesByStream.set(this.#stream, this);
    }
    return this.#stream;
  }

  /**
   * Reads it whole; the bytes are the caller's.
   * @throws {TypeError} where the body was used
   * @throws {ContentTooLargeError} where a request's content is over the limit
   */
  async collect(): Promise<Uint8Array> {
    const { kind, content } = this.#claim();
    if (kind === 'memory')
      return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
    if (kind === 'blob') return new Uint8Array(await content.arrayBuffer());
    try {
      if (kind === 'incoming') return await content.collect(this.#limit);
      const chunks = kind === 'stream' ? new StreamChunks(content) : new IterableChunks(content);
      return await collectChunks(chunks, this.#limit);
    } catch (error) {
      if (error instanceof BodyError && error.code === 'body-too-large') {
        throw new ContentTooLargeError(this.#limit, error);
      }
      throw error;
    }
  }

  /** Reads it whole as UTF-8 text, without a byte order mark. Throws as {@link WebBody.collect}. */
  async text(): Promise<string> {
    if (this.#source.kind !== 'memory') return UTF8.decode(await this.collect());
    const { content } = this.#source;
    this.#claim();
    if (typeof content !== 'string') return UTF8.decode(content);
    return (content.charCodeAt(0) === 0xfeff ? content.slice(1) : content).toWellFormed();
  }

  /**
   * Hands it over to be sent.
   * @throws {TypeError} where the body was used
   */
  take(): ReplyBody {
    const { kind, content } = this.#claim();
    if (kind === 'memory' || kind === 'incoming') return content;
    if (kind === 'iterable') return new IterableChunks(content);
    return new StreamChunks(kind === 'blob' ? content.stream() : content);
  }

  /**
   * A second body with the same content; each can be read once.
   * @throws {TypeError} where this one was used
   */
  clone(): WebBody {
    if (this.unusable) throw new TypeError('Body is unusable: it was read before it was cloned');
    if (this.#source.kind === 'memory' || this.#source.kind === 'blob') {
      if (this.#stream !== undefined) this.#leaveStream(this.#stream);
      return new WebBody(this.#source, this.type, this.#limit);
    }
    const { stream } = this;
    const [kept, given] = stream.tee();
    noteCopy(kept, stream);
    noteCopy(given, stream);
    this.#stream = kept;
    this.#origin = undefined;
    this.#source = { kind: 'stream', content: kept };
    return new WebBody({ kind: 'stream', content: given }, this.type, this.#limit);
  }

  /** Goes on without the stream it had: a body that was made of it, or of which it was made, has it no more. */
  #leaveStream(stream: ReadableStream): void {
    for (let body = this.#origin; body !== undefined; body = body.#origin) body.#used = true;
    spend(stream);
    this.#stream = undefined;
    this.#origin = undefined;
  }

  /** Marks it used and gives what to read it from: the source itself, as long as nobody touched the stream. */
  #claim(): BodySource {
    if (this.unusable) throw new TypeError('Body is unusable: Body has already been read');
    for (let body: WebBody | undefined = this; body !== undefined; body = body.#origin) body.#used = true;
    if (this.#stream === undefined || this.#source.kind === 'stream') return this.#source;
    if (this.#source.kind === 'iterable') return { kind: 'stream', content: this.#stream };
    // Whoever holds the stream must not read content that is being read here, and sees that it is.
    spend(this.#stream);
    return this.#source;
  }
}

function makeStream(source: BodySource, isSpent: () => boolean): ReadableStream<Uint8Array> {
  switch (source.kind) {
    case 'memory':
      return streamOfBytes(source.content);
    case 'blob':
      return source.content.stream();
    case 'incoming':
      return streamOfIncoming(source.content, isSpent);
    case 'stream':
      return source.content;
    case 'iterable':
      return streamOfIterable(source.content);
  }
}

/** The stream of content that was read without one: locked and empty, as if it had been read through it. */
function spentStream(): ReadableStream<Uint8Array> {
  const stream = streamOfBytes('');
  spend(stream);
  return stream;
}

/** Makes a stream one that was read through, for all who hold it. */
function spend(stream: ReadableStream): void {
  stream
    .getReader()
    .cancel()
    .catch(() => {});
}

/** Node's test for both kinds of streams; its types know the older kind only. */
function isDisturbed(stream: ReadableStream): boolean {
  return Readable.isDisturbed(stream as unknown as Readable);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
