import type { ExchangeLog, ExchangeOutcome } from '#exchange/exchange-log.ts';
import type { Reply } from '#exchange/reply.ts';
import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { forbidsContent } from '#semantics/status.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { ReceivedRequest, RequestAccount } from './received-request.ts';
import { ConnectionEnded, type ReplyWriter } from './reply-writer.ts';

/**
 * Begins to keep account of an exchange, where somebody keeps a log.
 * @param host what the connections of a thread share
 * @param request whose head is complete
 * @param protocol the engine of its connection
 */
export function openAccount(
  { exchanges, clock }: Pick<ConnectionHost<never>, 'exchanges' | 'clock'>,
  request: ReceivedRequest,
  protocol: ServerProtocol<ReceivedRequest>,
): ExchangeAccount | undefined {
  if (exchanges === undefined) return undefined;
  return new ExchangeAccount(exchanges, request, protocol, clock.now);
}

/** What is told to the log of one exchange, once, when it has ended. */
export class ExchangeAccount implements RequestAccount {
  readonly #log: ExchangeLog;
  readonly #request: ReceivedRequest;
  readonly #protocol: ServerProtocol<ReceivedRequest>;
  readonly #startedAt: number;
  #status = 0;
  #contentSent = 0;
  #writer: Pick<ReplyWriter, 'contentSent'> | undefined;

  /**
   * @param log who is told
   * @param request whose head is complete
   * @param protocol the engine of its connection
   * @param now when that was, in milliseconds
   */
  constructor(
    log: ExchangeLog,
    request: ReceivedRequest,
    protocol: ServerProtocol<ReceivedRequest>,
    now: number,
  ) {
    this.#log = log;
    this.#request = request;
    this.#protocol = protocol;
    this.#startedAt = now;
    request.rememberAddress();
    log.begin(request);
  }

  onAnswer(reply: Reply, writer: Pick<ReplyWriter, 'contentSent'> | undefined): void {
    this.#status = reply.status;
    this.#writer = writer;
    if (writer !== undefined) writer.contentSent = 0;
    else this.#contentSent = contentBytes(reply, this.#request.method);
  }

  complete(): void {
    this.end(this.#request.hasTimedOut ? 'timeout' : 'complete');
  }

  abort(reason: Error): void {
    // The connection of an answer that is written may go before anybody has looked.
    if (this.#protocol.replyState === 'sent') this.complete();
    else this.end(reason instanceof ConnectionEnded ? reason.outcome : 'aborted');
  }

  refuse(code: RejectionCode, contentSent: number | undefined): void {
    if (contentSent !== undefined) {
      this.#status = REJECTIONS[code].status;
      this.#contentSent = contentSent;
    }
    this.end('refused', code);
  }

  end(outcome: ExchangeOutcome, reason?: RejectionCode): void {
    const received = this.#request.body?.received ?? 0;
    // An answer that did not wait for the content: what is still to come is not counted.
    const isKnown = outcome !== 'complete' || this.#protocol.requestState !== 'body';
    this.#log.end({
      request: this.#request,
      isWhole: true,
      // Whoever took the connection over has written its own head.
      status: outcome === 'upgraded' ? 101 : this.#status,
      bytesIn: isKnown ? received : undefined,
      bytesOut: this.#writer?.contentSent ?? this.#contentSent,
      durationMs: performance.now() - this.#startedAt,
      outcome,
      reason,
    });
  }
}

/** Of an answer that is written in one piece. */
function contentBytes({ status, body }: Reply, method: string): number {
  if (body === undefined || method === 'HEAD' || forbidsContent(status)) return 0;
  return Buffer.byteLength(body as string | Uint8Array);
}

/**
 * Tells the log that bytes were refused: those of a request that is being answered, or of a head that became none. Behind an
 * answer that was told of there is nothing to tell.
 * @param log who is told
 * @param head that was read last
 * @param code why
 * @param contentSent of the answer that says so, in bytes; `undefined` where there is none
 */
export function logRefusal(
  log: ExchangeLog | undefined,
  head: ReceivedRequest,
  code: RejectionCode,
  contentSent: number | undefined,
): void {
  const { account } = head;
  head.account = undefined;
  account?.refuse(code, contentSent);
  if (log === undefined || account !== undefined || head.isSettled) return;
  log.end({
    ...{ request: head, isWhole: false, bytesIn: 0, durationMs: undefined },
    status: contentSent === undefined ? 0 : REJECTIONS[code].status,
    bytesOut: contentSent ?? 0,
    ...{ outcome: 'refused', reason: code },
  });
}
