import { hasToken } from '#semantics/headers.ts';
import { reasonPhrase } from '#semantics/status.ts';
import { type BodyReader, bodyReaderFor } from './body-readers.ts';
import { type BodyWriter, bodyWriterFor } from './body-writers.ts';
import { type ReplyState, type RequestState, replyStateAfter, requestStateAfter } from './exchange-state.ts';
import { HeadReader, type HeadSource } from './head-reader.ts';
import type { MessageLimits } from './limits.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { REJECTIONS, type RejectionCode } from './rejection.ts';
import { decideReplyFraming, formatFramingField } from './reply-framing.ts';
import { declaredLength, formatReplyHead, formatTrailerFields, type ReplyHead } from './reply-head.ts';
import type { RequestHead } from './request-head.ts';
import { holds, joined } from './whole-message.ts';

/**
 * What {@link ServerProtocol.nextEvent} tells.
 * - `need-data`: all bytes are taken; come back with more.
 * - `request`: a head is complete, it is in `request`.
 * - `data`: content of the request's body, it is in `chunk`.
 * - `end`: the request's body is at its end. Not told for a request without one.
 * - `paused`: the request was read whole; the next waits for `startNext()`.
 * - `reject`: the peer's bytes are refused, `rejection` says why; nothing more is read.
 * - `closed`: the peer ended and nothing is left to read.
 */
export type ProtocolEvent = 'need-data' | 'request' | 'data' | 'end' | 'paused' | 'reject' | 'closed';

/** What a connection sets for its engine. */
export interface ProtocolOptions<Head extends RequestHead> {
  /** What to refuse above. */
  readonly limits: MessageLimits;
  /** Makes the objects that requests are read into. */
  readonly heads: HeadSource<Head>;
  /** What `Keep-Alive: timeout=` promises, in seconds; 0 leaves the field out. */
  readonly keepAliveSeconds: number;
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const CLOSE = 'connection: close\r\n';
const KEEP_ALIVE = 'connection: keep-alive\r\n';

/**
 * The server's side of one HTTP/1.1 connection as a state machine: bytes in, events out; replies in, bytes out. It
 * has no socket, clock or promise, so every rule of RFC 9112 can be tried without one.
 */
export class ServerProtocol<Head extends RequestHead = RequestHead> {
  readonly #limits: MessageLimits;
  readonly #buffer = new ReceiveBuffer();
  readonly #heads: HeadReader<Head>;
  readonly #persistentFields: string;
  #requestState: RequestState = 'idle';
  #replyState: ReplyState = 'none';
  #bodyReader: BodyReader | undefined;
  #bodyWriter: BodyWriter | undefined;
  #peerEnded = false;
  #closing = false;
  #continueIsDue = false;
  #sendsContent = true;
  #probeIsSent = false;

  /** The request of the last `request` event. */
  request: Head;
  /** The content of the last `data` event; valid until the next event is asked for. */
  chunk: Buffer;
  /**
   * The trailer fields of the request, from its `end` event on; flat: name, value. Only those that may be trailers
   * (RFC9110§6.5.1).
   */
  trailers: readonly string[] = NO_FIELDS;
  /** Why the peer's bytes were refused. */
  rejection: RejectionCode | undefined;

  /** @param options limits and what goes into replies */
  constructor(options: ProtocolOptions<Head>) {
    this.#limits = options.limits;
    this.#heads = new HeadReader(options.limits, options.heads);
    this.request = this.#heads.head;
    this.chunk = NO_BYTES;
    this.#persistentFields =
      options.keepAliveSeconds > 0 ? `${KEEP_ALIVE}keep-alive: timeout=${options.keepAliveSeconds}\r\n` : '';
  }

  /** Where the request side stands. */
  get requestState(): RequestState {
    return this.#requestState;
  }

  /** Where the reply side stands. */
  get replyState(): ReplyState {
    return this.#replyState;
  }

  /** Whether a part of the next head has come. */
  get headBegun(): boolean {
    return this.#requestState === 'idle' && (this.#heads.begun || this.#buffer.length > 0);
  }

  /** How many received bytes wait to be read. */
  get unreadBytes(): number {
    return this.#buffer.length;
  }

  /** Whether the connection ends behind the current reply. Once true it stays true until that reply is sent. */
  get closesAfterReply(): boolean {
    return this.#closing || !this.request.persistent || this.#requestState === 'ended' || this.#isDrained;
  }

  /** The peer ended and left nothing unread: no further request can come (RFC9112§9.6). */
  get #isDrained(): boolean {
    return this.#peerEnded && this.#buffer.length === 0;
  }

  /**
   * Hands over bytes from the peer; nothing is parsed yet.
   * @param chunk an array that begins with them; lent until {@link keepUnread}, and written to meanwhile
   * @param length how many there are
   */
  receive(chunk: Buffer, length: number = chunk.length): void {
    if (this.#requestState !== 'ended') this.#buffer.append(chunk, length);
  }

  /** What was received is about to be overwritten: what is not read of it is copied. */
  keepUnread(): void {
    this.#buffer.keep();
    if (this.#requestState === 'idle') this.#heads.follow(this.#buffer);
  }

  /** The peer will send no more (FIN). */
  receiveEnd(): void {
    this.#peerEnded = true;
  }

  /** Takes all bytes that were not read, for whoever takes the connection over. */
  takeUnread(): Buffer {
    this.#requestState = requestStateAfter(this.#requestState, 'stop');
    return this.#buffer.takeAll();
  }

  /** Reads on, up to the next thing to tell. */
  nextEvent(): ProtocolEvent {
    switch (this.#requestState) {
      case 'idle':
        return this.#readHead();
      case 'body':
        return this.#readBody();
      case 'complete':
        return 'paused';
      case 'ended':
        return 'closed';
    }
  }

  /** From now on the connection ends behind the current reply, which says so. */
  closeAfterReply(): void {
    this.#closing = true;
  }

  /** Whether the peer waits for a 100 that was not sent. */
  get continueIsDue(): boolean {
    return this.#continueIsDue;
  }

  /**
   * Something for the peer to take before the answer goes on, which changes nothing for it: an interim answer, which
   * every 1.1 client passes over (RFC9110§15.2), or a zero in front of the next chunk's size (RFC9112§7.1). A peer
   * that has gone answers it with a reset. Each is sent once; where the framing allows neither there is nothing.
   */
  sendProbe(): string | Uint8Array {
    if (this.#replyState === 'streaming') return this.#bodyWriter?.probe() ?? '';
    if (this.#replyState !== 'due' || this.request.minorVersion === 0 || this.#probeIsSent) return '';
    this.#probeIsSent = true;
    return this.sendContinue();
  }

  /** The interim answer that asks for the body (RFC9110§15.2.1). */
  sendContinue(): string {
    this.#replyState = replyStateAfter(this.#replyState, 'interim');
    this.#continueIsDue = false;
    return CONTINUE;
  }

  /**
   * A whole reply of known content as one thing to write.
   * @param head status and fields
   * @param body the content; a string is sent as UTF-8
   * @param date the value of `Date`
   * @returns a string of one byte a character (latin1), or bytes
   * @throws {ReplyError} what cannot be sent; the reply is still due then
   */
  sendWhole(head: ReplyHead, body: string | Uint8Array | undefined, date: string): string | Uint8Array {
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const framing = decideReplyFraming(this.request, head.status, length);
    this.#settleContinue();
    const connection = this.#connectionFields();
    const { memo } = head;
    if (memo?.message !== undefined && holds(memo, head, body, framing, connection, date)) {
      this.#replyState = replyStateAfter(this.#replyState, 'whole');
      return memo.message;
    }
    const framingField = formatFramingField(framing, head, body === undefined ? undefined : length);
    const text = formatReplyHead(head, framingField, connection, date);
    const message = framing.kind === 'none' || length === 0 ? text : joined(text, body ?? '', length);
    this.#replyState = replyStateAfter(this.#replyState, 'whole');
    if (memo !== undefined) {
      const { fields } = head;
      Object.assign(memo, { message, fields, body, date, connection, framing: framing.kind });
    }
    return message;
  }

  /**
   * The head of a reply whose content follows by `sendData`.
   * @param head status and fields; a `content-length` among them is held to
   * @param date the value of `Date`
   * @returns a string of one byte a character
   * @throws {ReplyError} what cannot be sent; the reply is still due then
   */
  sendHead(head: ReplyHead, date: string): string {
    const framing = decideReplyFraming(this.request, head.status, declaredLength(head.fields));
    if (framing.kind === 'until-close') this.#closing = true;
    this.#settleContinue();
    const framingField = formatFramingField(framing, head, undefined);
    const text = formatReplyHead(head, framingField, this.#connectionFields(), date);
    this.#replyState = replyStateAfter(this.#replyState, 'head');
    this.#bodyWriter = bodyWriterFor(framing);
    this.#sendsContent = framing.kind !== 'none';
    return text;
  }

  /** Whether any content goes with the head of the last {@link sendHead}; where not, it need not be produced. */
  get sendsContent(): boolean {
    return this.#sendsContent;
  }

  /**
   * The bytes to send for a piece of content.
   * @throws {ReplyError} where the body is longer than its head promised; nothing more may be sent then
   */
  sendData(content: Uint8Array): readonly Uint8Array[] {
    this.#replyState = replyStateAfter(this.#replyState, 'data');
    return this.#bodyWriter?.write(content) ?? [];
  }

  /**
   * Whether the content is not at its end and the end of the connection would look as if it were: only a reset tells
   * such a peer that something is missing (RFC9112§8).
   */
  get looksComplete(): boolean {
    return this.#replyState === 'streaming' && this.#bodyWriter?.looksEnded === true;
  }

  /** Whether the peer takes trailers behind content of unknown length (RFC9110§6.5.1, §10.1.4). */
  get acceptsTrailers(): boolean {
    return this.request.minorVersion >= 1 && hasToken(this.request.field('te') ?? '', 'trailers');
  }

  /**
   * The bytes to send at the end of the content.
   * @param trailers fields to send behind it, flat, names in lower case; left out where the peer does not take them,
   *   where the content has a length, and each that may not be a trailer
   * @throws {ReplyError} where the body is shorter than its head promised, or a trailer cannot be sent; the
   *   connection must be cut then
   */
  sendEnd(trailers: readonly string[] = NO_FIELDS): readonly Uint8Array[] {
    const lines = trailers.length > 0 && this.acceptsTrailers ? formatTrailerFields(trailers) : '';
    const bytes = this.#bodyWriter?.end(lines) ?? [];
    this.#replyState = replyStateAfter(this.#replyState, 'end');
    return bytes;
  }

  /**
   * The answer to refused bytes: status, `Connection: close`, the reason phrase as text; no content where it is
   * known that they were a HEAD (RFC9110§9.3.2).
   * @param code the row of the table of refusals
   * @param date the value of `Date`
   */
  sendRejection(code: RejectionCode, date: string): string {
    const { status } = REJECTIONS[code];
    this.#stopReading();
    this.#closing = true;
    // RFC9110§15.6.6: a 505 should say what is spoken here.
    const text = `${status} ${reasonPhrase(status)}\n${status === 505 ? 'This server speaks HTTP/1.1.\n' : ''}`;
    const fields = ['content-type', 'text/plain;charset=UTF-8'];
    this.#replyState = replyStateAfter(this.#replyState, 'refusal');
    const head = formatReplyHead({ status, fields }, `content-length: ${text.length}\r\n`, CLOSE, date);
    return this.#heads.head.method === 'HEAD' ? head : head + text;
  }

  /** Both sides are done and the connection may be used again: the next request is read. */
  startNext(): void {
    this.#requestState = requestStateAfter(this.#requestState, 'next');
    this.#replyState = replyStateAfter(this.#replyState, 'next');
    this.#bodyWriter = undefined;
    this.#heads.startNext();
  }

  #readHead(): ProtocolEvent {
    const outcome = this.#heads.read(this.#buffer);
    if (outcome === 'need-data') return this.#peerEnded ? this.#endInsideHead() : 'need-data';
    if (outcome !== 'done') return this.#reject(outcome);
    const head = this.#heads.head;
    this.request = head;
    this.trailers = NO_FIELDS;
    this.#bodyReader = bodyReaderFor(head.framing, this.#limits);
    this.#continueIsDue = head.expectsContinue && this.#buffer.length === 0;
    this.#requestState = requestStateAfter(
      'idle',
      this.#bodyReader === undefined ? 'head' : 'head-with-body',
    );
    this.#replyState = replyStateAfter(this.#replyState, 'request');
    return 'request';
  }

  #readBody(): ProtocolEvent {
    const reader = this.#bodyReader as BodyReader;
    const outcome = reader.read(this.#buffer);
    switch (outcome) {
      case 'data':
        // Content came without a 100: there is nothing left to ask for (RFC9110§10.1.1).
        this.#continueIsDue = false;
        this.chunk = reader.chunk;
        return 'data';
      case 'end':
        this.#continueIsDue = false;
        this.trailers = reader.trailers;
        this.#bodyReader = undefined;
        this.#requestState = requestStateAfter(this.#requestState, 'body-end');
        return 'end';
      case 'need-data':
        return this.#peerEnded ? this.#reject('body-incomplete') : 'need-data';
      default:
        return this.#reject(outcome);
    }
  }

  #endInsideHead(): ProtocolEvent {
    const begun = this.#heads.begun;
    this.#stopReading();
    return begun ? this.#reject('head-incomplete') : 'closed';
  }

  #reject(code: RejectionCode): ProtocolEvent {
    this.rejection = code;
    this.#stopReading();
    return 'reject';
  }

  #stopReading(): void {
    this.#requestState = requestStateAfter(this.#requestState, 'stop');
    this.#buffer.clear();
    this.#closing = true;
  }

  /**
   * A peer that waits for a 100 and gets a final answer may send its content or leave it out: what comes next could
   * be read as either, so nothing is (RFC9110§10.1.1).
   */
  #settleContinue(): void {
    if (!this.#continueIsDue) return;
    this.#continueIsDue = false;
    this.#closing = true;
  }

  #connectionFields(): string {
    if (this.closesAfterReply) return CLOSE;
    // A 1.0 peer closes unless it is told that its keep-alive was understood.
    if (this.#persistentFields === '' && this.request.minorVersion === 0) return KEEP_ALIVE;
    return this.#persistentFields;
  }
}

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_FIELDS: readonly string[] = [];
