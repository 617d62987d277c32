import type { Socket } from 'node:net';
import { errorReply } from '#exchange/error-reply.ts';
import type { Answer, TakeOver } from '#exchange/handler.ts';
import { BodyError } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';
import { peerRefused, requestFailed } from '#observe/events.ts';
import { BodyPace } from './body-pace.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { Guarded } from './deadlines.ts';
import { type BodySource, InboundBody } from './inbound-body.ts';
import { ReceivedRequest, type RequestOrigin } from './received-request.ts';
import {
  isSentWhole,
  releaseContent,
  type StreamedContent,
  sendContent,
  withLength,
} from './reply-content.ts';
import { ConnectionEnded, ReplyWriter } from './reply-writer.ts';

/**
 * Where a connection stands, and the deadline that guards each phase; exactly one is armed.
 *
 * | phase | what goes on | deadline | next |
 * |---|---|---|---|
 * | `idle` | nothing of the next request has come | `keepAliveMs`; a fresh connection: `headMs` from accept | `head`, `handling`, `lingering` |
 * | `head` | part of a head has come | `headMs`, absolute | `handling`, `lingering` |
 * | `handling` | the handler has the request | while it waits for the body: `bodyIdleMs` and the least rate | `replying`, `idle`, `lingering` |
 * | `replying` | the head of the answer is out, its content is not | while the peer does not read: `writeStallMs` | `idle`, `lingering` |
 * | `lingering` | all is said; the peer may still read it (RFC9112§9.6) | `lingerMs` | `closed` |
 * | `closed` | the socket is gone | - | - |
 */
export type ConnectionPhase = 'idle' | 'head' | 'handling' | 'replying' | 'lingering' | 'closed';

/** Unread requests behind the current one; above it the peer has to wait. */
const READ_AHEAD_BYTES = 65_536;
/** `Keep-Alive` promises this much less than is kept, so that a client stops using the connection before we do. */
const KEEP_ALIVE_MARGIN_SECONDS = 1;

const CONNECTION = Symbol('connection');
type ConnectionSocket = Socket & { [CONNECTION]: Connection };

/**
 * One connection: its socket, the engine that reads and writes HTTP on it, and the deadline it has to keep. A
 * synchronous answer is written in the turn that its request came in, with no promise on the way.
 */
export class Connection implements Guarded, BodySource, RequestOrigin {
  deadline: number;
  readonly #socket: ConnectionSocket;
  readonly #host: ConnectionHost<Connection>;
  readonly #protocol: ServerProtocol<ReceivedRequest>;
  readonly #writer: ReplyWriter;
  #phase: ConnectionPhase = 'idle';
  #body: InboundBody | undefined;
  #pace: BodyPace | undefined;
  #discardedBytes = 0;
  #isAdvancing = false;
  #isPaused = false;
  #remoteAddress: string | undefined;

  /**
   * @param socket just accepted
   * @param host what all connections of the thread share
   */
  constructor(socket: Socket, host: ConnectionHost<Connection>) {
    this.#socket = socket as ConnectionSocket;
    this.#host = host;
    this.#writer = new ReplyWriter(socket);
    this.#protocol = new ServerProtocol({
      limits: host.settings.limits,
      newHead: () => new ReceivedRequest(this),
      keepAliveSeconds: Math.floor(host.settings.keepAliveMs / 1000) - KEEP_ALIVE_MARGIN_SECONDS,
    });
    host.clock.update();
    this.deadline = host.clock.now + host.settings.headMs;
    this.#socket[CONNECTION] = this;
    socket.on('data', onSocketData);
    socket.on('end', onSocketEnd);
    socket.on('drain', onSocketDrain);
    socket.on('error', onSocketError);
    socket.on('close', onSocketClose);
  }

  /** Where the connection stands. */
  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** The request that is being answered; `undefined` between requests. */
  get request(): ReceivedRequest | undefined {
    return this.#phase === 'handling' || this.#phase === 'replying' ? this.#protocol.request : undefined;
  }

  get remoteAddress(): string {
    this.#remoteAddress ??= this.#socket.remoteAddress ?? '';
    return this.#remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  /**
   * The server is going. An answer that is due ends the connection; an idle one stays for a while, since a FIN just
   * as a request is on its way would lose that request.
   * @param idleGraceMs how long an idle connection stays
   */
  drain(idleGraceMs: number): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    this.#protocol.closeAfterReply();
    if (this.#phase === 'idle') this.deadline = Math.min(this.deadline, this.#host.clock.now + idleGraceMs);
  }

  /**
   * Cuts the connection.
   * @param reason what the request in flight is told
   */
  abort(reason: Error): void {
    this.#endExchange(reason);
    this.#socket.destroy();
  }

  onBodyDemand(): void {
    if (this.#protocol.continueIsDue && this.#protocol.replyState === 'due') {
      this.#writer.write(this.#protocol.sendContinue());
    }
    if (!this.#isAdvancing) queueMicrotask(() => this.#advance());
  }

  onDeadline(): void {
    this.#host.clock.update();
    if (this.#phase === 'closed') return;
    if (this.#phase === 'lingering') {
      this.#socket.destroy();
    } else if (this.#socket.writableLength > 0) {
      this.abort(new ConnectionEnded('The peer did not read the answer in time.'));
    } else if (this.#phase === 'idle' && this.deadline <= this.#host.clock.now) {
      // A connection that never said a word gets no 408: browsers open some ahead of need.
      this.#close();
    } else if (this.#phase === 'head') {
      this.#reject('head-timeout');
    } else if (this.#body?.isAwaited || this.#protocol.replyState === 'sent') {
      this.#reject('body-timeout');
    } else {
      this.#armDeadline();
    }
  }

  /** @internal Bytes came from the peer. */
  receive(chunk: Buffer): void {
    this.#host.clock.update();
    if (this.#phase === 'lingering') return;
    this.#protocol.receive(chunk);
    this.#advance();
  }

  /** @internal The peer ended its side. */
  receiveEnd(): void {
    if (this.#phase === 'lingering') {
      this.#socket.destroySoon();
      return;
    }
    this.#protocol.receiveEnd();
    this.#advance();
  }

  /** @internal The socket took all that was written. */
  onDrain(): void {
    this.#host.clock.update();
    this.#writer.onDrain();
    this.#advance();
  }

  /** @internal The socket is gone. */
  onClosed(): void {
    this.#phase = 'closed';
    this.#endExchange(new ConnectionEnded('The peer closed the connection before the answer was sent.'));
    this.#host.onConnectionClosed(this);
  }

  /** Takes events from the engine until it waits for something, then writes what they brought. */
  #advance(): void {
    if (this.#isAdvancing || this.#phase === 'closed') return;
    this.#isAdvancing = true;
    while (this.#step());
    this.#isAdvancing = false;
    this.#writer.flush();
    this.#steerReading();
    this.#armDeadline();
  }

  #step(): boolean {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return false;
    if (this.#body?.isFull) return false;
    // A peer that pipelines without reading would else have its answers piled up here.
    if (this.#protocol.replyState === 'none' && this.#writer.isBlocked) return false;
    switch (this.#protocol.nextEvent()) {
      case 'request':
        this.#onRequest(this.#protocol.request);
        return true;
      case 'data':
        this.#onBodyData(this.#protocol.chunk);
        return true;
      case 'end':
        this.#body?.end();
        this.#body = undefined;
        if (this.#protocol.replyState === 'sent') this.#startNext();
        return true;
      case 'reject':
        this.#reject(this.#protocol.rejection as RejectionCode);
        return false;
      case 'closed':
        if (this.#protocol.replyState === 'none') this.#close();
        return false;
      default:
        return false;
    }
  }

  #onRequest(request: ReceivedRequest): void {
    this.#phase = 'handling';
    if (!this.#host.admit()) {
      this.#close();
      return;
    }
    if (this.#protocol.requestState === 'body') {
      const { framing } = request;
      this.#body = new InboundBody(this, framing.kind === 'length' ? framing.length : undefined);
      request.body = this.#body;
      this.#pace = new BodyPace(this.#host.settings);
      this.#discardedBytes = 0;
    }
    let answer: Answer | Promise<Answer | undefined> | undefined;
    try {
      answer = this.#host.handler(request);
    } catch (error) {
      answer = this.#failedReply(request, error);
    }
    if (answer instanceof Promise) {
      request.retain();
      answer.then(
        (settled) => this.#onAnswer(request, settled),
        (error: unknown) => this.#onAnswer(request, this.#failedReply(request, error)),
      );
    } else {
      this.#answer(request, answer ?? errorReply(404));
    }
  }

  #onAnswer(request: ReceivedRequest, answer: Answer | undefined): void {
    if (this.#phase !== 'handling' || this.#protocol.request !== request) {
      // Refused, cut or closed in the meantime: the answer has nowhere to go, but may hold a file or a stream.
      if (answer !== undefined && 'status' in answer) releaseContent(answer.body);
      return;
    }
    this.#host.clock.update();
    this.#answer(request, answer ?? errorReply(404));
    this.#advance();
  }

  #answer(request: ReceivedRequest, answer: Answer): void {
    if ('takeOver' in answer) {
      this.#handOver(answer);
      return;
    }
    this.#settleRequestBody();
    if (this.#host.isDraining) this.#protocol.closeAfterReply();
    const { body } = answer;
    try {
      if (isSentWhole(body)) {
        this.#writer.write(this.#protocol.sendWhole(answer, body, this.#host.clock.date));
      } else {
        this.#writer.write(this.#protocol.sendHead(withLength(answer, body), this.#host.clock.date));
        this.#startContent(request, body);
        return;
      }
    } catch (error) {
      releaseContent(body);
      this.#writer.write(
        this.#protocol.sendWhole(
          this.#failedReply(request, error),
          '500 Internal Server Error\n',
          this.#host.clock.date,
        ),
      );
    }
    this.#onReplySent(request);
  }

  /** Sends content that comes over time. */
  #startContent(request: ReceivedRequest, body: StreamedContent): void {
    this.#phase = 'replying';
    if (request.method === 'HEAD') {
      releaseContent(body);
      this.#protocol.sendEnd();
      this.#onReplySent(request);
      return;
    }
    sendContent(body, this.#writer, this.#protocol).then(
      () => {
        if (this.#phase !== 'replying') return;
        this.#host.clock.update();
        this.#onReplySent(request);
        this.#advance();
      },
      (error: unknown) => this.#onContentFailed(request, error),
    );
  }

  /** The head is out: all that is left is to end the connection so that the peer sees that something is missing. */
  #onContentFailed(request: ReceivedRequest, error: unknown): void {
    if (this.#phase !== 'replying') return;
    if (!(error instanceof ConnectionEnded)) this.#publishFailure(request, error, 'the connection was cut');
    this.#endExchange(new ConnectionEnded('The content of the answer failed.'));
    this.#socket.resetAndDestroy();
  }

  #onReplySent(request: ReceivedRequest): void {
    request.settle();
    if (this.#protocol.closesAfterReply) this.#close();
    else if (this.#protocol.requestState === 'complete') this.#startNext();
    // Else the rest of the body is read and thrown away; 'end' starts the next request.
  }

  #startNext(): void {
    if (this.#protocol.closesAfterReply) {
      this.#close();
      return;
    }
    this.#body = undefined;
    this.#pace = undefined;
    this.#protocol.startNext();
    this.#phase = 'idle';
    this.deadline = this.#host.clock.now + this.#host.settings.keepAliveMs;
  }

  #onBodyData(chunk: Uint8Array): void {
    this.#pace?.count(chunk.length);
    if (this.#protocol.replyState === 'sent') {
      this.#discardedBytes += chunk.length;
      if (this.#discardedBytes > this.#host.settings.maxDiscardBytes) this.#close();
      return;
    }
    this.#body?.push(chunk);
  }

  /**
   * The answer is final and nobody reads the request's body: take what is here, and say `close` where the rest may
   * be long or may never come (RFC9110§10.1.1), since it would have to be read before the next request.
   */
  #settleRequestBody(): void {
    if (this.#protocol.requestState !== 'body' || this.#body?.isUsed) return;
    this.#body?.discard();
    if (this.#protocol.continueIsDue || this.#protocol.request.framing.kind === 'chunked') {
      while (this.#protocol.requestState === 'body' && this.#protocol.nextEvent() === 'data');
      if (this.#protocol.requestState === 'body') this.#protocol.closeAfterReply();
      return;
    }
    if ((this.#body?.length ?? 0) > this.#host.settings.maxDiscardBytes) this.#protocol.closeAfterReply();
  }

  #reject(code: RejectionCode): void {
    const { status, section, reason } = REJECTIONS[code];
    const canAnswer = this.#protocol.replyState === 'none' || this.#protocol.replyState === 'due';
    if (peerRefused.hasSubscribers) {
      peerRefused.publish({
        code,
        status: canAnswer ? status : 0,
        section,
        reason,
        remoteAddress: this.remoteAddress,
      });
    }
    const cutShort = this.#protocol.replyState === 'streaming';
    if (canAnswer) this.#writer.write(this.#protocol.sendRejection(code, this.#host.clock.date));
    this.#endExchange(new BodyError('body-incomplete', `The request was refused: ${reason} (${section}).`));
    if (cutShort) this.#socket.resetAndDestroy();
    else this.#close();
  }

  /**
   * Ends our side and reads on for a while: a close with unread bytes makes the kernel send RST, which can destroy
   * the answer on its way (RFC9112§9.6).
   */
  #close(): void {
    this.#phase = 'lingering';
    this.#writer.flush();
    this.#endExchange(new ConnectionEnded('The connection was closed.'));
    this.deadline = this.#host.clock.now + this.#host.settings.lingerMs;
    this.#socket.end();
    this.#resumeReading();
    if (this.#socket.readableEnded) this.#socket.destroySoon();
  }

  #endExchange(reason: Error): void {
    this.#body?.fail(reason instanceof BodyError ? reason : new BodyError('body-incomplete', reason.message));
    this.#body = undefined;
    this.#protocol.request.abort(reason);
    this.#writer.onEnded();
  }

  #handOver(answer: TakeOver): void {
    const socket = this.#socket;
    this.#writer.flush();
    socket.pause();
    socket.removeListener('data', onSocketData);
    socket.removeListener('end', onSocketEnd);
    socket.removeListener('drain', onSocketDrain);
    socket.removeListener('error', onSocketError);
    socket.removeListener('close', onSocketClose);
    this.#phase = 'closed';
    this.#host.onConnectionClosed(this);
    answer.takeOver(socket, this.#protocol.takeUnread());
  }

  /** Stops reading from the socket while nobody could take what comes. */
  #steerReading(): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    const mustWait =
      this.#body?.isFull === true ||
      (this.#protocol.replyState === 'none' && this.#writer.isBlocked) ||
      (this.#protocol.requestState === 'complete' && this.#protocol.unreadBytes > READ_AHEAD_BYTES);
    if (!mustWait) {
      this.#resumeReading();
    } else if (!this.#isPaused) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  #resumeReading(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  #armDeadline(): void {
    const { clock, settings } = this.#host;
    const phase = this.#phase;
    if (phase === 'lingering' || phase === 'closed') return;
    if (phase === 'idle' && this.#protocol.headBegun) {
      // A fresh connection keeps the deadline it has had since accept.
      this.deadline = Math.min(this.deadline, clock.now + settings.headMs);
      this.#phase = 'head';
    }
    if (this.#socket.writableLength > 0) {
      this.deadline = clock.now + settings.writeStallMs;
    } else if (phase === 'handling' || phase === 'replying') {
      this.deadline = this.#bodyDeadline();
    }
  }

  #bodyDeadline(): number {
    const { now } = this.#host.clock;
    if (this.#protocol.requestState !== 'body') return Number.POSITIVE_INFINITY;
    if (this.#body?.isAwaited || this.#protocol.replyState === 'sent') {
      return this.#pace?.wait(now) ?? Number.POSITIVE_INFINITY;
    }
    this.#pace?.rest(now);
    return Number.POSITIVE_INFINITY;
  }

  #failedReply(request: ReceivedRequest, error: unknown): Reply {
    this.#publishFailure(request, error, 'answered 500');
    return errorReply(500);
  }

  #publishFailure(request: ReceivedRequest, error: unknown, outcome: string): void {
    if (!requestFailed.hasSubscribers) return;
    requestFailed.publish({ error, method: request.method, target: request.target, outcome });
  }
}

function onSocketData(this: Socket, chunk: Buffer): void {
  (this as ConnectionSocket)[CONNECTION].receive(chunk);
}

function onSocketEnd(this: Socket): void {
  (this as ConnectionSocket)[CONNECTION].receiveEnd();
}

function onSocketDrain(this: Socket): void {
  (this as ConnectionSocket)[CONNECTION].onDrain();
}

/** A peer that resets its connection is everyday; 'close' follows and tells whoever waits. */
function onSocketError(): void {}

function onSocketClose(this: Socket): void {
  (this as ConnectionSocket)[CONNECTION].onClosed();
}
