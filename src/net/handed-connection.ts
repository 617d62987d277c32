import type { Socket } from 'node:net';
import { errorReply } from '#exchange/error-reply.ts';
import type { LoggedRequest } from '#exchange/exchange-log.ts';
import type { ConnectionTaker, ExchangeFollower, HandedExchange } from '#exchange/handed-exchange.ts';
import type { Reply } from '#exchange/reply.ts';
import { formatReplyHead } from '#http1/reply-head.ts';
import { descriptorOfSocket } from '#native/socket-descriptor.ts';
import { formatHttpDate } from '#semantics/http-date.ts';
import { CONNECTION_STATES, type ConnectionState } from './connection-board.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { OpenConnection } from './connection-set.ts';
import type { Guarded } from './deadlines.ts';
import { publishTimeout } from './failure-events.ts';
import { endOf, logHandedRefusal, logUpgrade } from './handed-account.ts';
import { SocketOrigin } from './socket-origin.ts';

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A connection that the app's own server has: no byte of it passes through here. It is counted, shown on the board,
 * drained and cut like any other, by what that server tells of the requests on it.
 */
export class HandedConnection implements Guarded, ExchangeFollower, OpenConnection {
  deadline: number = NEVER;
  readonly #socket: Socket;
  readonly #host: ConnectionHost<HandedConnection>;
  #slot = -1;
  #phase: 'open' | 'upgraded' | 'lingering' | 'closed' = 'open';
  /** The request that is to be answered next. */
  #current: HandedExchange | undefined;
  /** Those that were sent behind it without waiting, in order. */
  readonly #behind: HandedExchange[] = [];
  #upgrade: LoggedRequest | undefined;
  readonly #origin: SocketOrigin;
  #isCut = false;
  /** Nothing is answered any more: the last answer says so, or a request was one too many. */
  #isEnding = false;
  /** How much had been read when the connection became idle: more than that is part of a head. */
  #idleBytes = 0;
  /** How much was counted. */
  #receivedBytes = 0;
  #sentBytes = 0;
  #answerEnd = NEVER;
  #graceMs = 0;
  #graceEnd = NEVER;
  #isGraceSpent = false;
  #lingerEnd = NEVER;

  /**
   * @param socket just accepted, or between two requests
   * @param host what all connections of the thread share
   * @param taker the server that gets it
   */
  constructor(socket: Socket, host: ConnectionHost<HandedConnection>, taker: ConnectionTaker) {
    this.#socket = socket;
    this.#host = host;
    this.#origin = new SocketOrigin(socket, host);
    this.#slot = host.board?.claim(descriptorOfSocket(socket)) ?? -1;
    // Before the server's own: the connection is gone when its requests are told so.
    socket.on('close', () => this.#onClose());
    // An upgraded socket has no other listener until the app sets one; a peer that resets it is everyday.
    socket.on('error', () => undefined);
    taker.take(socket, this);
  }

  get keepsAccount(): boolean {
    return this.#host.exchanges !== undefined;
  }

  get remoteAddress(): string {
    return this.#origin.remoteAddress;
  }

  /** The request that is being answered; for an upgraded connection the one that upgraded it. */
  get request(): Pick<HandedExchange, 'method' | 'target'> | undefined {
    return this.#phase === 'lingering' ? undefined : (this.#current ?? this.#upgrade);
  }

  begin(exchange: HandedExchange): boolean {
    if (this.#phase !== 'open' || this.#isEnding) return false;
    if (!this.#host.admit()) {
      this.#isEnding = true;
      if (this.#current === undefined) this.#close();
      return false;
    }
    this.#host.meter?.onBegun(exchange.method);
    const { board } = this.#host;
    if (this.keepsAccount) void this.remoteAddress;
    this.#host.exchanges?.begin(exchange);
    if (this.#current === undefined) {
      board?.beginNamed(this.#slot, exchange.method, exchange.target, CONNECTION_STATES.handling, Date.now());
      this.#current = exchange;
      this.#startAnswer();
    } else {
      board?.beginNamed(
        this.#slot,
        exchange.method,
        exchange.target,
        CONNECTION_STATES.answering,
        Date.now(),
      );
      this.#behind.push(exchange);
    }
    if (this.#host.isDraining) this.#isEnding = exchange.closeAfter();
    return true;
  }

  answer(exchange: HandedExchange): void {
    if (exchange !== this.#current || this.#phase !== 'open') return;
    this.#show(exchange.isUnframed ? CONNECTION_STATES.unframed : CONNECTION_STATES.answering);
    if (!this.#host.isDraining) return;
    this.#isGraceSpent = false;
    this.#arm();
  }

  end(exchange: HandedExchange): void {
    this.#host.exchanges?.end(endOf(exchange, this.#isCut ? 'cut' : 'aborted'));
    if (exchange !== this.#current) {
      const at = this.#behind.indexOf(exchange);
      if (at >= 0) this.#count(this.#behind.splice(at, 1));
      return;
    }
    this.#count([exchange]);
    this.#current = this.#behind.shift();
    if (this.#phase !== 'open') return;
    if (this.#current !== undefined) {
      this.#startAnswer();
      return;
    }
    this.#idleBytes = this.#socket.bytesRead;
    this.#answerEnd = NEVER;
    if (this.#socket.writableEnded) this.#show(CONNECTION_STATES.lingering);
    else if (this.#isEnding) this.#close();
    // Content that nobody has read is no request, whatever another thread would take it for.
    else this.#show(exchange.isComplete ? CONNECTION_STATES.idle : CONNECTION_STATES.reading);
    // Told to stay, its peer may send the next request just now.
    if (this.#host.isDraining && this.#phase === 'open') this.#startGrace();
    if (this.deadline !== NEVER || this.#host.isDraining) this.#arm();
  }

  upgrade(request: LoggedRequest, refusal?: Reply): boolean {
    if (this.#phase !== 'open') return false;
    if (this.#isEnding || !this.#host.admit()) {
      this.#close();
      return false;
    }
    // In a drain it would be cut soon: the peer gets another thread, or another server.
    if (refusal !== undefined || this.#host.isDraining) {
      this.#refuse(request, refusal);
      return false;
    }
    this.#phase = 'upgraded';
    // What the app answers is its own: from here on it is no exchange of HTTP.
    this.#host.meter?.onBegun(request.method);
    this.#host.meter?.onEnded(request.method, 101, true, 0);
    this.#upgrade = request;
    logUpgrade(this.#host.exchanges, request);
    const { board } = this.#host;
    board?.beginNamed(this.#slot, request.method, request.target, CONNECTION_STATES.answering, Date.now());
    return true;
  }

  refuse(status: number, code: string): void {
    this.#host.meter?.onRefusedInside();
    // Content that is refused ends the exchange that it belongs to.
    if (this.#phase === 'open' && this.#current === undefined)
      logHandedRefusal(this.#host.exchanges, this.remoteAddress, status, code);
  }

  /**
   * The server is going: the last answer says so, and an idle connection ends behind a grace, since a FIN just as a
   * request is on its way would lose that request. So does a stream of events. An upgraded connection stays.
   * @param idleGraceMs how long they stay
   */
  drain(idleGraceMs: number): void {
    if (this.#phase !== 'open') return;
    this.#graceMs = idleGraceMs;
    this.#startGrace();
    const last = this.#behind.at(-1) ?? this.#current;
    if (last?.closeAfter() === true) this.#isEnding = true;
    this.#arm();
  }

  abort(): void {
    this.#isCut = true;
    if (this.#current?.isUnframed === true) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** An idle connection of which part of a head was read is no idle one; nobody tells when the first bytes come. */
  settleBoard(): void {
    if (this.#phase === 'open' && this.#current === undefined && this.#isReading) {
      this.#show(CONNECTION_STATES.reading);
    }
  }

  onDeadline(): void {
    const now = performance.now();
    if (this.#phase === 'lingering') this.#socket.destroy();
    else if (this.#phase !== 'open') this.deadline = NEVER;
    else if (this.#answerEnd <= now) this.#onOverdue(now);
    else if (this.#graceEnd <= now) this.#onGraceEnd(now);
  }

  /** The app is late. The connection ends behind the 503: the answer is an object of the app's, which may still use it. */
  #onOverdue(now: number): void {
    const exchange = this.#current;
    const startedAt = this.#answerEnd - this.#host.settings.requestTimeoutMs;
    this.#answerEnd = NEVER;
    if (exchange === undefined || exchange.hasBegun) {
      this.#arm();
      return;
    }
    publishTimeout(exchange, Math.round(now - startedAt));
    exchange.timeOut();
    this.#refuse(exchange);
  }

  #onGraceEnd(now: number): void {
    if (this.#current !== undefined) {
      this.#isGraceSpent = true;
      if (this.#behind.length === 0 && this.#current.endEvents()) this.#close();
      else this.#arm();
    } else if (this.#isReading && !this.#isGraceSpent) {
      this.#isGraceSpent = true;
      this.#graceEnd = now + this.#host.settings.headMs;
      this.#arm();
    } else this.#close();
  }

  #onClose(): void {
    this.#phase = 'closed';
    // What could still be told of these is that they are over.
    this.#count(this.#current === undefined ? [] : [this.#current, ...this.#behind.splice(0)]);
    this.#current = undefined;
    this.#host.board?.release(this.#slot);
    this.#slot = -1;
    this.#host.onConnectionClosed(this);
  }

  #refuse({ method }: Pick<HandedExchange, 'method'>, reply: Reply = errorReply(503)): void {
    const { status, fields, body } = reply;
    const content = String(body);
    const framing = `content-length: ${content.length}\r\n`;
    const date = formatHttpDate(Date.now());
    const head = formatReplyHead({ status, fields }, framing, 'connection: close\r\n', date);
    this.#socket.write(method === 'HEAD' ? head : head + content, 'latin1');
    this.#close();
  }

  /** Ends our side, and lets the peer read what it was told last (RFC9112§9.6). */
  #close(): void {
    this.#phase = 'lingering';
    this.#show(CONNECTION_STATES.lingering);
    this.#lingerEnd = performance.now() + this.#host.settings.lingerMs;
    this.#arm();
    if (this.#socket.readableEnded) this.#socket.destroySoon();
    else this.#socket.end();
  }

  #startGrace(): void {
    this.#graceEnd = performance.now() + this.#graceMs;
    this.#isGraceSpent = false;
  }

  /** Counts requests that are over, and what was read and written until then: nobody tells of that as it goes. */
  #count(exchanges: readonly HandedExchange[]): void {
    const { meter } = this.#host;
    if (meter === undefined) return;
    const { bytesRead, bytesWritten } = this.#socket;
    meter.onReceived(bytesRead - this.#receivedBytes);
    meter.onSent(bytesWritten - this.#sentBytes);
    this.#receivedBytes = bytesRead;
    this.#sentBytes = bytesWritten;
    const now = performance.now();
    for (const { method, status, isSent, startedAt } of exchanges)
      meter.onEnded(method, status, isSent, now - startedAt);
  }

  get #isReading(): boolean {
    return this.#socket.bytesRead !== this.#idleBytes;
  }

  #startAnswer(): void {
    const { requestTimeoutMs } = this.#host.settings;
    if (requestTimeoutMs === 0) return;
    this.#answerEnd = performance.now() + requestTimeoutMs;
    this.#arm();
  }

  #show(state: ConnectionState): void {
    this.#host.board?.set(this.#slot, state);
  }

  #arm(): void {
    if (this.#phase === 'lingering') this.deadline = this.#lingerEnd;
    else if (this.#current === undefined) this.deadline = this.#graceEnd;
    else this.deadline = Math.min(this.#answerEnd, this.#isGraceSpent ? NEVER : this.#graceEnd);
  }
}
