import type { ExchangeOutcome } from '#exchange/exchange-log.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import type { RejectionCode } from '#http1/rejection.ts';
import { RequestHead } from '#http1/request-head.ts';
import type { InboundBody } from './inbound-body.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** What a request can ask of the connection that it came by. */
export interface RequestOrigin {
  /** The peer's address; empty for a Unix domain socket. */
  readonly remoteAddress: string;
  /** The peer's port; 0 for a Unix domain socket. */
  readonly remotePort: number;
  /** Whether the server ends its connections. */
  readonly isDraining: boolean;
}

/** What is told of a request at its end; see `#exchange/exchange-log.ts`. */
export interface RequestAccount {
  /**
   * An answer has begun.
   * @param reply the answer
   * @param writer counts its content; `undefined` where all of it is written
   */
  onAnswer(reply: Reply, writer: Pick<ReplyWriter, 'contentSent'> | undefined): void;
  /**
   * Its bytes were refused.
   * @param code why
   * @param contentSent of the answer that says so, in bytes; `undefined` where there is none
   */
  refuse(code: RejectionCode, contentSent: number | undefined): void;
  /** All of the answer is written. */
  complete(): void;
  /**
   * The exchange ended early.
   * @param reason what the request was told
   */
  abort(reason: Error): void;
  /**
   * It ended.
   * @param outcome how
   */
  end(outcome: ExchangeOutcome): void;
}

/** A request as the connection received it: its head, its body, and the end of its exchange. */
export class ReceivedRequest extends RequestHead implements IncomingRequest {
  /** The content; `undefined` where there is none. */
  body: InboundBody | undefined;
  id: string | undefined;
  /** What is told of it at its end, to whoever keeps a log; `undefined` where nobody does, and once it was told. */
  account: RequestAccount | undefined;
  readonly #origin: RequestOrigin;
  #abortReason: Error | undefined;
  #abortListeners: ((reason: Error) => void)[] | undefined;
  #drainListeners: (() => void)[] | undefined;
  #isSettled = false;

  /** @param origin the connection */
  constructor(origin: RequestOrigin) {
    super();
    this.#origin = origin;
  }

  get remoteAddress(): string {
    return this.#origin.remoteAddress;
  }

  /** Asks for the peer's address while its socket has one. */
  rememberAddress(): void {
    void this.#origin.remoteAddress;
  }

  get remotePort(): number {
    return this.#origin.remotePort;
  }

  onAbort(listener: (reason: Error) => void): void {
    if (this.#abortReason !== undefined) {
      listener(this.#abortReason);
      return;
    }
    if (this.#isSettled) return;
    this.#abortListeners ??= [];
    this.#abortListeners.push(listener);
  }

  /**
   * The exchange ended before its answer was written whole.
   * @param reason what ended it
   */
  abort(reason: Error): void {
    if (this.isOver) return;
    this.#abortReason = reason;
    this.#drainListeners = undefined;
    // One that timed out has an answer to come, and is told of then.
    if (!this.hasTimedOut) {
      this.account?.abort(reason);
      this.account = undefined;
    }
    const listeners = this.#abortListeners ?? [];
    this.#abortListeners = undefined;
    for (const listener of listeners) listener(reason);
  }

  onDrain(listener: () => void): void {
    // Also behind the answer: work that outlives it has most reason to ask.
    if (this.#origin.isDraining) listener();
    if (this.#origin.isDraining || this.isOver) return;
    this.#drainListeners ??= [];
    this.#drainListeners.push(listener);
  }

  /** The server begins to end its connections. */
  drain(): void {
    const listeners = this.#drainListeners ?? [];
    this.#drainListeners = undefined;
    for (const listener of listeners) listener();
  }

  get hasTimedOut(): boolean {
    return this.#abortReason?.name === 'TimeoutError';
  }

  /**
   * The deadline passed before anything of the answer was written.
   * @param limitMs how long the answer could take
   * @returns the reason that the request was aborted with
   */
  timeOut(limitMs: number): Error {
    // Made here, once, as AbortSignal.timeout() makes it: every signal of the request has this same reason, and apps
    // and their libraries tell by its name a deadline from a client that left.
    const reason = new DOMException(`No answer began within ${limitMs} ms.`, 'TimeoutError');
    this.abort(reason);
    return reason;
  }

  /** The answer is out: nothing can abort it any more, and nobody need be remembered for that. */
  settle(): void {
    this.#isSettled = true;
    this.account?.complete();
    this.account = undefined;
    this.#abortListeners = undefined;
    this.#drainListeners = undefined;
  }

  /** Whether its answer is out. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Its exchange has ended in a way that nobody on this side can tell by the answer.
   * @param outcome how
   */
  endAccount(outcome: ExchangeOutcome): void {
    this.account?.end(outcome);
    this.account = undefined;
  }

  /** Whether nobody waits for its answer any more: it is out, or never will be. */
  get isOver(): boolean {
    return this.#isSettled || this.#abortReason !== undefined;
  }
}
