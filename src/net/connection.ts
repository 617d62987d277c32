import type { Socket } from 'node:net';
import { errorReply } from '#exchange/error-reply.ts';
import type { Answer } from '#exchange/handler.ts';
import type { RejectionCode } from '#http1/rejection.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';
import { BoardPlace } from './board-place.ts';
import { type ConnectionHost, promisedSeconds } from './connection-host.ts';
import type { Guarded } from './deadlines.ts';
import { logRefusal, openAccount } from './exchange-account.ts';
import { ExchangeMeter } from './exchange-meter.ts';
import { publishFailure, publishRefusal, publishTimeout, refusalError } from './failure-events.ts';
import { type AnswerOwner, callHandler, releaseAnswer } from './handler-call.ts';
import type { BodySource } from './inbound-body.ts';
import { PeerWatch } from './peer-watch.ts';
import { type ConnectionPhase, PhaseDeadline } from './phase-deadline.ts';
import { mustWait } from './read-ahead.ts';
import type { ReceivedRequest } from './received-request.ts';
import { isEventStream, releaseContent } from './reply-content.ts';
import { ReplySender, type SenderOwner } from './reply-sender.ts';
import { ConnectionEnded, endOf, PEER_CLOSED, ReplyWriter, type WriterOwner } from './reply-writer.ts';
import { RequestContent } from './request-content.ts';
import { listenToSocket, type SocketListener, steerReading } from './socket-events.ts';
import { SocketOrigin } from './socket-origin.ts';
import { handOver } from './take-over.ts';

/**
 * One connection: its socket, the engine that reads and writes HTTP on it, and the deadline it has to keep. A
 * synchronous answer is written in the turn that its request came in, with no promise on the way.
 */
export class Connection
  implements Guarded, BodySource, SocketListener, WriterOwner, SenderOwner, AnswerOwner
{
  deadline: number;
  readonly #socket: Socket;
  readonly #origin: SocketOrigin;
  readonly #host: ConnectionHost<Connection>;
  readonly #protocol: ServerProtocol<ReceivedRequest>;
  readonly #writer: ReplyWriter;
  readonly #sender: ReplySender;
  readonly #watch: PeerWatch;
  readonly #phaseDeadline: PhaseDeadline;
  #phase: ConnectionPhase = 'idle';
  #content: RequestContent | undefined;
  #isAdvancing = false;
  readonly #place: BoardPlace | undefined;
  readonly #exchange: ExchangeMeter | undefined;

  /**
   * @param socket just accepted, or between two requests
   * @param host what all connections of the thread share
   * @param isFresh whether it was just accepted
   */
  constructor(socket: Socket, host: ConnectionHost<Connection>, isFresh: boolean) {
    this.#socket = socket;
    this.#origin = new SocketOrigin(socket, host);
    this.#host = host;
    this.#writer = new ReplyWriter(socket, this, host.meter);
    this.#protocol = new ServerProtocol({
      limits: host.settings.limits,
      heads: this.#origin,
      keepAliveSeconds: promisedSeconds(host.settings),
    });
    this.#watch = new PeerWatch(socket, this.#writer, this.#protocol);
    this.#exchange = ExchangeMeter.of(host);
    this.#sender = new ReplySender(this.#protocol, this.#writer, host.clock, this, this.#exchange);
    host.clock.update();
    this.#phaseDeadline = new PhaseDeadline(host.settings, this.#writer, host.clock.now);
    if (!isFresh) this.#phaseDeadline.startIdle(host.clock.now);
    this.deadline = this.#phaseDeadline.decide('idle', host.clock.now, Number.POSITIVE_INFINITY);
    this.#place = host.board === undefined ? undefined : new BoardPlace(host.board, socket);
    listenToSocket(socket, this);
  }

  /** The request that is being answered; `undefined` between requests, and once its answer is written. */
  get request(): ReceivedRequest | undefined {
    if (this.#phase !== 'handling' && this.#phase !== 'replying') return undefined;
    return this.#protocol.replyState === 'sent' ? undefined : this.#protocol.request;
  }

  /**
   * The server is going. An answer that is due ends the connection; an idle one stays for a while, since a FIN just
   * as a request is on its way would lose that request, and so does a stream of events.
   * @param idleGraceMs how long they stay
   */
  drain(idleGraceMs: number): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    this.#protocol.closeAfterReply();
    this.#protocol.request.drain();
    this.#phaseDeadline.startGrace(this.#host.clock.now + idleGraceMs);
    this.#armDeadline();
  }

  /**
   * Cuts the connection.
   * @param reason what the request in flight is told
   */
  abort(reason: Error): void {
    this.#endExchange(reason);
    if (this.#protocol.looksComplete) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  onBodyDemand(): void {
    if (this.#protocol.continueIsDue && this.#protocol.replyState === 'due') {
      this.#writer.write(this.#protocol.sendContinue());
    }
    this.onBodyDiscarded();
  }

  onBodyDiscarded(): void {
    if (this.#isAdvancing) return;
    queueMicrotask(() => {
      this.#host.clock.update();
      this.#advance();
    });
  }

  onDeadline(): void {
    this.#host.clock.update();
    if (this.#phase === 'closed') return;
    this.#armDeadline();
    if (this.deadline > this.#host.clock.now) return;
    switch (this.#phaseDeadline.expiry(this.#phase, this.#host.clock.now)) {
      case 'stalled':
        this.abort(new ConnectionEnded('The peer did not read the answer in time.', 'stalled'));
        break;
      case 'lingering':
        this.#socket.destroy();
        break;
      case 'idle':
        this.#close();
        break;
      case 'grace':
        this.#sender.sendEarlyEnd();
        this.#close();
        break;
      case 'head':
        this.#reject('head-timeout');
        break;
      case 'overdue':
        this.#onOverdue(this.#protocol.request);
        break;
      case 'content':
        this.#reject('body-timeout');
        break;
      case 'probe':
        if (this.#watch.look()) this.#phaseDeadline.startProbe(this.#host.clock.now);
        else this.#phaseDeadline.endProbe();
        this.#armDeadline();
    }
  }

  onSocketData(bytes: Buffer, length: number): void {
    this.#host.clock.update();
    this.#host.meter?.onReceived(length);
    if (this.#phase === 'lingering') return;
    this.#protocol.receive(bytes, length);
    this.#advance();
    this.#protocol.keepUnread();
  }

  onSocketEnd(): void {
    if (this.#phase === 'lingering') {
      this.#socket.destroySoon();
      return;
    }
    this.#host.clock.update();
    this.#protocol.receiveEnd();
    this.#watch.onPeerEnded();
    this.#phaseDeadline.startProbe(this.#host.clock.now);
    this.#advance();
  }

  onSocketDrain(): void {
    this.#host.clock.update();
    this.#writer.onDrain();
    this.#advance();
  }

  onSocketFinish(): void {
    if (this.#phase !== 'lingering') return;
    this.#host.clock.update();
    this.#phaseDeadline.startLingering(this.#host.clock.now);
    this.#armDeadline();
  }

  onSocketClose(): void {
    this.#phase = 'closed';
    this.#place?.release();
    this.#endExchange(endOf(this.#content, this.#protocol.request, PEER_CLOSED));
    this.#host.onConnectionClosed(this);
  }

  onPartWritten(): void {
    this.#host.clock.update();
    this.#armDeadline();
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
    this.#place?.show(this.#phase, this.#protocol, this.#writer);
  }

  #step(): boolean {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return false;
    if (this.#content?.isFull) return false;
    // A peer that pipelines without reading would else have its answers piled up here.
    if (this.#protocol.replyState === 'none' && this.#writer.isBlocked) return false;
    switch (this.#protocol.nextEvent()) {
      case 'request':
        this.#onRequest(this.#protocol.request);
        return true;
      case 'data':
        if (this.#content?.take(this.#protocol.chunk, this.#host.clock.now) === false) this.#close();
        return true;
      case 'end':
        this.#content?.body.end(this.#protocol.trailers);
        this.#content = undefined;
        if (this.#protocol.replyState === 'sent') this.#startNext();
        return true;
      case 'reject':
        this.#reject(this.#protocol.rejection as RejectionCode);
        return false;
      case 'closed':
        if (this.#protocol.replyState === 'none') this.#close();
    }
    return false;
  }

  #onRequest(request: ReceivedRequest): void {
    this.#phase = 'handling';
    this.#phaseDeadline.startProbe(this.#host.clock.now);
    if (!this.#host.admit()) {
      this.#close();
      return;
    }
    this.#exchange?.begin(request.method);
    request.account = openAccount(this.#host, request, this.#protocol);
    if (this.#protocol.requestState === 'body') {
      this.#content = new RequestContent(this, this.#protocol, this.#host.settings);
      request.body = this.#content.body;
    }
    this.#place?.begin(request, this.#writer, this.#host.clock.time);
    const answer = callHandler(this.#host.handler, request, this);
    if (answer === undefined) this.#phaseDeadline.startAnswer(this.#host.clock.now);
    else this.#answer(request, answer);
  }

  onAnswer(request: ReceivedRequest, answer: Answer): void {
    // Refused, cut, closed or answered for in the meantime.
    if (this.request !== request) {
      releaseAnswer(answer);
      return;
    }
    this.#host.clock.update();
    this.#answer(request, answer);
    this.#advance();
  }

  /**
   * The handler is late: the client gets a 503, and the connection goes on. No Retry-After: nobody knows when it would
   * do better, some clients repeat a request because of one, and the app may still be at work on this one.
   */
  #onOverdue(request: ReceivedRequest): void {
    publishTimeout(request, this.#phaseDeadline.answerMs(this.#host.clock.now));
    const reason = request.timeOut(this.#host.settings.requestTimeoutMs);
    // The rest of the content would stand in the way of the next request, and its reader may never come back.
    if (this.#content !== undefined) this.#protocol.closeAfterReply();
    this.#content?.fail(reason);
    this.#content = undefined;
    this.#answer(request, errorReply(503));
    this.#advance();
  }

  #answer(request: ReceivedRequest, answer: Answer): void {
    if ('takeOver' in answer) {
      this.#phase = 'closed';
      this.#place?.release();
      this.#exchange?.leave();
      this.#host.onConnectionClosed(this);
      handOver(this.#socket, this.#protocol, this.#writer, answer);
      return;
    }
    // What becomes of the content of the request, now that there is an answer.
    if (this.#content?.isLeftTo(answer.body) !== true) this.#content?.settle();
    else if (this.#protocol.continueIsDue) this.#writer.write(this.#protocol.sendContinue());
    if (this.#protocol.rejection !== undefined) {
      releaseContent(answer.body);
      this.#reject(this.#protocol.rejection);
      return;
    }
    if (this.#host.isDraining) this.#protocol.closeAfterReply();
    if (this.#sender.send(request, answer)) this.#onReplySent(request);
    else {
      this.#phase = 'replying';
      this.#phaseDeadline.startContent(isEventStream(answer));
    }
  }

  onContentSent(request: ReceivedRequest): void {
    if (this.#phase !== 'replying') return;
    this.#host.clock.update();
    this.#onReplySent(request);
    this.#advance();
  }

  /** All that is left is to end the connection so that the peer sees that something is missing. */
  onContentFailed(request: ReceivedRequest, error: unknown): void {
    if (this.#phase !== 'replying') return;
    if (!(error instanceof ConnectionEnded)) publishFailure(request, error, 'the connection was cut');
    this.#breakOff(new ConnectionEnded('The content of the answer failed.', 'failed'));
  }

  /** Ends an exchange that cannot be completed; what was sent is delivered, and its framing shows what is missing. */
  #breakOff(reason: Error): void {
    this.#endExchange(reason);
    if (this.#protocol.looksComplete) this.#socket.resetAndDestroy();
    else this.#close();
  }

  #onReplySent(request: ReceivedRequest): void {
    this.#exchange?.end(true);
    request.settle();
    this.#content?.settle();
    const { rejection } = this.#protocol;
    if (rejection !== undefined) publishRefusal(rejection, false, this.#origin.remoteAddress);
    this.#startNext();
  }

  #startNext(): void {
    if (this.#protocol.closesAfterReply) {
      this.#close();
    } else if (this.#protocol.requestState === 'complete') {
      this.#content = undefined;
      this.#protocol.startNext();
      this.#phase = 'idle';
      this.#phaseDeadline.startIdle(this.#host.clock.now);
    } else {
      // The rest of the content is read first; its end comes back here.
      this.#phaseDeadline.endAnswer();
    }
  }

  #reject(code: RejectionCode): void {
    const canAnswer = this.#sender.canRefuse;
    publishRefusal(code, canAnswer, this.#origin.remoteAddress);
    const sent = canAnswer ? this.#sender.sendRejection(code) : undefined;
    logRefusal(this.#host.exchanges, this.#origin.head, code, sent);
    this.#breakOff(refusalError(code));
  }

  /**
   * Ends our side and reads on for a while: a close with unread bytes makes the kernel send RST, which can destroy
   * the answer on its way (RFC9112§9.6).
   */
  #close(): void {
    this.#phase = 'lingering';
    this.#writer.flush();
    this.#endExchange(endOf(this.#content, this.#protocol.request, 'The connection was closed.', 'cut'));
    this.#socket.end();
    this.#phaseDeadline.startLingering(this.#host.clock.now);
    this.#armDeadline();
    this.#place?.show(this.#phase, this.#protocol, this.#writer);
    steerReading(this.#socket, false);
    if (this.#socket.readableEnded) this.#socket.destroySoon();
  }

  #endExchange(reason: Error | undefined): void {
    this.#exchange?.end(false);
    if (reason !== undefined) this.#content?.fail(reason);
    this.#content = undefined;
    if (reason !== undefined) this.#protocol.request.abort(reason);
    this.#writer.onEnded();
  }

  /** Stops reading from the socket while nobody could take what comes. */
  #steerReading(): void {
    if (this.#phase === 'lingering' || this.#phase === 'closed') return;
    const waits = mustWait(this.#content, this.#protocol, this.#writer);
    if (steerReading(this.#socket, waits) && waits) this.#phaseDeadline.startProbe(this.#host.clock.now);
  }

  #armDeadline(): void {
    const { now } = this.#host.clock;
    if (this.#phase === 'idle' && this.#protocol.headBegun) {
      this.#phase = 'head';
      this.#phaseDeadline.startHead(now);
    }
    const contentEnd = this.#content?.deadline(now) ?? Number.POSITIVE_INFINITY;
    this.deadline = this.#phaseDeadline.decide(this.#phase, now, contentEnd);
  }
}
