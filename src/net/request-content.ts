import { BodyError } from '#exchange/incoming-request.ts';
import type { ReplyBody } from '#exchange/reply.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { BodyPace } from './body-pace.ts';
import type { ConnectionSettings } from './connection-host.ts';
import { type BodySource, InboundBody } from './inbound-body.ts';
import type { ReceivedRequest } from './received-request.ts';

/**
 * The content of one request as the connection deals with it: hands it to its reader or throws it away, holds the
 * peer back where nobody could take more, and says by when more of it must come.
 */
export class RequestContent {
  /** What the handler reads. */
  readonly body: InboundBody;
  readonly #protocol: ServerProtocol<ReceivedRequest>;
  readonly #settings: ConnectionSettings;
  readonly #pace: BodyPace;
  #receivedBytes = 0;
  #discardedBytes = 0;

  /**
   * @param source the connection
   * @param protocol its engine, with the request that the content belongs to
   * @param settings its limits
   */
  constructor(source: BodySource, protocol: ServerProtocol<ReceivedRequest>, settings: ConnectionSettings) {
    const { framing } = protocol.request;
    this.body = new InboundBody(source, framing.kind === 'length' ? framing.length : undefined);
    this.#protocol = protocol;
    this.#settings = settings;
    this.#pace = new BodyPace(settings);
  }

  /**
   * Whether nothing more should be read for now: the reader has more than it asked for, or content is refused whose
   * answer is still being made (an upload would else go on for as long as the handler takes).
   */
  get isFull(): boolean {
    if (this.body.isFull) return true;
    return this.#discardedBytes > this.#settings.maxDiscardBytes && this.#protocol.replyState === 'due';
  }

  /**
   * Content came.
   * @param now in milliseconds
   * @returns `false` where more was thrown away behind the answer than the connection is worth
   */
  take(chunk: Uint8Array, now: number): boolean {
    this.#pace.count(chunk.length, now);
    this.#receivedBytes += chunk.length;
    if (this.body.push(chunk)) return true;
    this.#discardedBytes += chunk.length;
    return this.#protocol.replyState !== 'sent' || this.#discardedBytes <= this.#settings.maxDiscardBytes;
  }

  /**
   * Whether the content is left alone until the answer is sent: an answer that comes over time may read it on its way,
   * as an echo does. Only one that somebody holds: else the head of the answer could not say `close`.
   * @param reply the content of the answer
   */
  isLeftTo(reply: ReplyBody): boolean {
    if (typeof reply !== 'object' || !(Symbol.asyncIterator in reply)) return false;
    return reply === this.body || this.body.isHeld;
  }

  /**
   * The answer is final. Where nobody reads the content: take what is here, and say `close` where the rest may be
   * long or may never come (RFC9110§10.1.1), since it would have to be read before the next request. A reader that
   * has begun may finish behind the answer. What is here may be refused: then the engine has a `rejection`.
   */
  settle(): void {
    const { body } = this;
    const protocol = this.#protocol;
    if (protocol.requestState !== 'body' || body.isWanted) return;
    body.abandon();
    this.#discardedBytes = 0;
    if (protocol.continueIsDue || body.length === undefined) {
      while (protocol.requestState === 'body' && protocol.nextEvent() === 'data');
      if (protocol.requestState === 'body') protocol.closeAfterReply();
    } else if (body.length - this.#receivedBytes > this.#settings.maxDiscardBytes) {
      protocol.closeAfterReply();
    }
  }

  /**
   * The exchange ends before the content does; whoever reads it is told.
   * @param reason what ended it
   */
  fail(reason: Error): void {
    const isBodyError = reason instanceof BodyError;
    this.body.fail(
      isBodyError ? reason : new BodyError('body-incomplete', reason.message, { cause: reason }),
    );
  }

  /**
   * By when more must come: while the reader waits for it, or while only the rest of it keeps the connection from
   * its next request.
   * @param now in milliseconds
   */
  deadline(now: number): number {
    if (this.#protocol.requestState !== 'body') return Number.POSITIVE_INFINITY;
    if (this.body.isAwaited || this.#protocol.replyState === 'sent') return this.#pace.wait(now);
    this.#pace.rest(now);
    return Number.POSITIVE_INFINITY;
  }
}
