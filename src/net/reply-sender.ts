import type { Reply } from '#exchange/reply.ts';
import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import type { Clock } from './clock.ts';
import type { ExchangeMeter } from './exchange-meter.ts';
import { failedReply } from './failure-events.ts';
import type { ReceivedRequest } from './received-request.ts';
import {
  isSentWhole,
  releaseContent,
  type StreamedContent,
  sendContent,
  withLength,
} from './reply-content.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** What a sender tells its connection of content that is sent over time. */
export interface SenderOwner {
  /** All of it is written, and its end. */
  onContentSent(request: ReceivedRequest): void;
  /** It failed midway, or the connection ended: the head is out, so no other answer can be given. */
  onContentFailed(request: ReceivedRequest, error: unknown): void;
}

const HEAD_END = '\r\n\r\n';

/** Sends the replies of one connection, one after another: in one write where their content is small and in hand. */
export class ReplySender {
  readonly #protocol: ServerProtocol<ReceivedRequest>;
  readonly #writer: ReplyWriter;
  readonly #clock: Clock;
  readonly #owner: SenderOwner;
  readonly #exchange: ExchangeMeter | undefined;

  /**
   * @param protocol the connection's engine
   * @param writer its way out
   * @param clock for `Date`
   * @param owner the connection
   * @param exchange is told the status of each answer
   */
  constructor(
    protocol: ServerProtocol<ReceivedRequest>,
    writer: ReplyWriter,
    clock: Clock,
    owner: SenderOwner,
    exchange?: ExchangeMeter,
  ) {
    this.#protocol = protocol;
    this.#writer = writer;
    this.#clock = clock;
    this.#owner = owner;
    this.#exchange = exchange;
  }

  /**
   * Sends the reply to the engine's request; one that cannot be sent becomes a 500, and an event.
   * @returns whether all of it is written; else the owner is told later
   */
  send(request: ReceivedRequest, reply: Reply): boolean {
    const { body } = reply;
    const trailers = this.#trailersOf(reply);
    try {
      if (body === undefined || (isSentWhole(body, reply.memo !== undefined) && trailers === undefined)) {
        this.#writer.write(this.#protocol.sendWhole(reply, body, this.#clock.date));
        this.#noteAnswer(request, reply, true);
        return true;
      }
      const head = trailers === undefined ? withLength(reply, body) : reply;
      this.#writer.write(this.#protocol.sendHead(head, this.#clock.date));
      this.#noteAnswer(request, reply, false);
    } catch (error) {
      releaseContent(body);
      return this.send(request, failedReply(request, error));
    }
    return this.#startContent(request, body, trailers);
  }

  #noteAnswer(request: ReceivedRequest, reply: Reply, isWhole: boolean): void {
    if (this.#exchange !== undefined) this.#exchange.status = reply.status;
    request.account?.onAnswer(reply, isWhole ? undefined : this.#writer);
  }

  /** Ends content of unknown length where it is, as though its source had; where that has, its end is on its way. */
  sendEarlyEnd(): void {
    if (this.#protocol.replyState !== 'streaming') return;
    for (const piece of this.#protocol.sendEnd()) this.#writer.write(piece);
    this.#exchange?.end(true);
  }

  /** Whether nothing of an answer is out that a refusal would get into. */
  get canRefuse(): boolean {
    const { replyState } = this.#protocol;
    return replyState === 'none' || replyState === 'due';
  }

  /**
   * Answers bytes that are refused, and the request whose content they were.
   * @returns how much content the answer has, in bytes
   */
  sendRejection(code: RejectionCode): number {
    const message = this.#protocol.sendRejection(code, this.#clock.date);
    this.#writer.write(message);
    this.#exchange?.refuse(REJECTIONS[code].status);
    return message.length - message.indexOf(HEAD_END) - HEAD_END.length;
  }

  /** What makes the trailers, where there are any and a place for them: the client takes them, and there is no length. */
  #trailersOf({ trailers, fields }: Reply): Reply['trailers'] {
    if (trailers === undefined || !this.#protocol.acceptsTrailers) return undefined;
    return fields.some((name, at) => at % 2 === 0 && name === 'content-length') ? undefined : trailers;
  }

  #startContent(request: ReceivedRequest, body: StreamedContent, trailers: Reply['trailers']): boolean {
    // A long answer would else pin the whole read that its request came with.
    request.retain();
    if (!this.#protocol.sendsContent) {
      releaseContent(body);
      this.#protocol.sendEnd();
      return true;
    }
    sendContent(body, trailers, this.#writer, this.#protocol).then(
      () => this.#owner.onContentSent(request),
      (error: unknown) => this.#owner.onContentFailed(request, error),
    );
    return false;
  }
}
