import type { ExchangeFollower, HandedExchange } from '#exchange/handed-exchange.ts';
import type { Reply } from '#exchange/reply.ts';
import type { NodeRequest, NodeResponse } from './node-app.ts';

const EXCHANGE = Symbol('exchange');
type FollowedResponse = NodeResponse & { [EXCHANGE]: NodeExchange };

/** One request of a Node app and its answer, followed from its head to the end of the answer. */
export class NodeExchange implements HandedExchange {
  readonly method: string;
  readonly target: string;
  readonly startedAt: number = performance.now();
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #follower: ExchangeFollower;
  id: string | undefined;
  contentSent = 0;
  hasFailed = false;
  #hasTimedOut = false;
  #hasEnded = false;

  /**
   * @param request as Node's server gives it
   * @param response the answer to it
   * @param follower of its connection
   */
  constructor(request: NodeRequest, response: NodeResponse, follower: ExchangeFollower) {
    this.method = request.method ?? '';
    // Now: routers shorten the URL as they go.
    this.target = request.url ?? '';
    this.#request = request;
    this.#response = response;
    this.#follower = follower;
  }

  /** Follows the answer from now on. The functions are shared by all answers, so that none costs a closure. */
  follow(): void {
    const response = this.#response as FollowedResponse;
    response[EXCHANGE] = this;
    response.writeHead = writeHead as FollowedResponse['writeHead'];
    response.on('close', onClose);
    if (!this.#follower.keepsAccount) return;
    response.write = write as FollowedResponse['write'];
    response.end = end as FollowedResponse['end'];
  }

  get minorVersion(): number {
    return this.#request.httpVersionMinor;
  }

  get remoteAddress(): string {
    return this.#follower.remoteAddress;
  }

  get contentReceived(): number | undefined {
    if (this.#request.headers['transfer-encoding'] !== undefined) return undefined;
    const length = Number(this.#request.headers['content-length'] ?? 0);
    return this.isComplete ? length : undefined;
  }

  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  get status(): number {
    if (this.#hasTimedOut) return 503;
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }

  get isSent(): boolean {
    return this.#hasEnded || this.#hasTimedOut || this.#response.writableFinished;
  }

  get hasBegun(): boolean {
    // The app has taken the socket for something of its own.
    if (this.#response.socket === null) return true;
    // A head may be made long before it is sent, with the first content; Node does not document where it notes that.
    return this.#response.headersSent && Reflect.get(this.#response, '_headerSent') !== false;
  }

  get isComplete(): boolean {
    return this.#request.complete;
  }

  get isUnframed(): boolean {
    const response = this.#response;
    if (!response.headersSent || response.chunkedEncoding || response.hasHeader('content-length'))
      return false;
    // Node notes of every answer whether it ends its connection; the head tells too, and costs more to ask.
    if (Reflect.get(response, '_last') === false) return false;
    const head = this.#head;
    // As Node writes it, which is what most have; an app may write it in any case.
    return !head.includes('\r\nContent-Length: ') && !/^content-length:/im.test(head);
  }

  /**
   * The value of a field of the request.
   * @param name in lower case
   */
  field(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  closeAfter(): boolean {
    if (this.#response.headersSent) return false;
    this.#response.shouldKeepAlive = false;
    return true;
  }

  timeOut(): void {
    this.#hasTimedOut = true;
    this.#takeSocket();
  }

  endEvents(): boolean {
    const { chunkedEncoding, headersSent } = this.#response;
    if (!headersSent || !/^content-type: *text\/event-stream/im.test(this.#head)) return false;
    if (!chunkedEncoding && !this.isUnframed) return false;
    const socket = this.#takeSocket();
    if (chunkedEncoding) socket?.write('0\r\n\r\n');
    this.#hasEnded = true;
    return true;
  }

  /** What the peer gets where the app fails now, for the log. */
  get failureOutcome(): string {
    if (this.#response.writableEnded) return 'the answer was sent';
    return this.#response.headersSent ? 'the connection was cut' : 'answered 500';
  }

  /** Whether nobody is there any more to be answered. */
  get isOver(): boolean {
    return this.#response.destroyed;
  }

  /**
   * Answers in place of an app that failed, where nothing of its own answer is out; else cuts what is there.
   * @param reply makes the answer
   */
  answerFailure(reply: () => Reply): void {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return;
    if (response.headersSent) {
      this.hasFailed = true;
      if (this.isUnframed) response.socket?.resetAndDestroy();
      else response.destroy();
      return;
    }
    try {
      this.#send(reply());
    } catch {
      // What the app has made of the object may fail again: a writeHead() of its own, as middleware has.
      response.socket?.destroy();
    }
  }

  #send({ status, fields, body }: Reply): void {
    const response = this.#response;
    const content = String(body);
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    // Set by the app, it would be sent with our status.
    response.statusMessage = '';
    response.writeHead(status, [...fields, 'content-length', String(Buffer.byteLength(content))]);
    response.end(content);
  }

  /** The head of the answer is made. */
  onHead(): void {
    this.#follower.answer(this);
  }

  /**
   * The app has content to send; Node sends none where method or status forbid it.
   * @param content as it was given to `write()` or `end()`
   */
  onContent(content: unknown, encoding: unknown): void {
    const { statusCode, writableEnded } = this.#response;
    if (writableEnded || this.method === 'HEAD' || statusCode === 204 || statusCode === 304) return;
    if (content instanceof Uint8Array) this.contentSent += content.length;
    else if (typeof content === 'string')
      this.contentSent += Buffer.byteLength(content, encoding as BufferEncoding);
  }

  /** The answer is sent, or its connection gone. */
  onClose(): void {
    this.#follower.end(this);
  }

  /** The head as Node wrote it; empty where this Node does not show it. */
  get #head(): string {
    return String(Reflect.get(this.#response, '_header') ?? '');
  }

  /** What the app still writes goes nowhere, quietly: it is told what it is told where a client has left. */
  #takeSocket(): NodeResponse['socket'] {
    const { socket } = this.#response;
    if (socket !== null) this.#response.detachSocket(socket);
    this.#response.destroy();
    // Unread content would turn our end of the connection into a reset.
    if (!this.#request.complete) this.#request.resume();
    return socket;
  }
}

/** Every way to answer leads through here. */
function writeHead(this: FollowedResponse, ...args: unknown[]): NodeResponse {
  const prototype = Object.getPrototypeOf(this) as { writeHead(...args: unknown[]): NodeResponse };
  const response = Reflect.apply(prototype.writeHead, this, args);
  this[EXCHANGE].onHead();
  return response;
}

function onClose(this: NodeResponse): void {
  (this as FollowedResponse)[EXCHANGE].onClose();
}

type Member = 'write' | 'end';

function write(this: FollowedResponse, ...args: unknown[]): boolean {
  return passOn(this, 'write', args) as boolean;
}

function end(this: FollowedResponse, ...args: unknown[]): FollowedResponse {
  return passOn(this, 'end', args) as FollowedResponse;
}

function passOn(response: FollowedResponse, name: Member, args: unknown[]): unknown {
  const exchange = response[EXCHANGE];
  const before = exchange.contentSent;
  // Node throws for what cannot be sent, and gives out what can before it comes back.
  exchange.onContent(args[0], typeof args[1] === 'string' ? args[1] : undefined);
  try {
    return Reflect.apply(Reflect.get(Object.getPrototypeOf(response), name), response, args);
  } catch (error) {
    exchange.contentSent = before;
    throw error;
  }
}
