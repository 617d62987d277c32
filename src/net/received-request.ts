import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { RequestHead } from '#http1/request-head.ts';
import type { InboundBody } from './inbound-body.ts';

/** What a request can ask of the connection that it came by. */
export interface RequestOrigin {
  /** The peer's address; empty for a Unix domain socket. */
  readonly remoteAddress: string;
  /** The peer's port; 0 for a Unix domain socket. */
  readonly remotePort: number;
  /** Whether the server ends its connections. */
  readonly isDraining: boolean;
}

/** A request as the connection received it: its head, its body, and the end of its exchange. */
export class ReceivedRequest extends RequestHead implements IncomingRequest {
  /** The content; `undefined` where there is none. */
  body: InboundBody | undefined;
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
    if (this.#isOver) return;
    this.#abortReason = reason;
    this.#drainListeners = undefined;
    const listeners = this.#abortListeners ?? [];
    this.#abortListeners = undefined;
    for (const listener of listeners) listener(reason);
  }

  onDrain(listener: () => void): void {
    // Also behind the answer: work that outlives it has most reason to ask.
    if (this.#origin.isDraining) listener();
    if (this.#origin.isDraining || this.#isOver) return;
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
    this.#abortListeners = undefined;
    this.#drainListeners = undefined;
  }

  get #isOver(): boolean {
    return this.#isSettled || this.#abortReason !== undefined;
  }
}
