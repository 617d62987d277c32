import type { LoggedRequest } from '#exchange/exchange-log.ts';
import type { ConnectionTaker, ExchangeFollower } from '#exchange/handed-exchange.ts';
import type { Reply } from '#exchange/reply.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import {
  limitServer,
  type NodeApp,
  type NodeLimits,
  type NodeRequest,
  type NodeResponse,
} from './node-app.ts';
import { NodeExchange } from './node-exchange.ts';

/** How {@link createNodeBridge} calls an app. */
export interface NodeBridgeOptions {
  /** What holds where the app's server does not say otherwise. */
  readonly limits: NodeLimits;
  /**
   * Calls a function; what comes of that belongs to the request that the record names then. One record a connection, for
   * one a request would cost as much as the rest of the bridge.
   * @default it is called
   */
  enter?(latest: LatestRequest, call: (socket: object) => void, socket: object): void;
  /**
   * Asked before the app is called.
   * @returns the answer to a request that is refused
   * @default none is
   */
  refusal?(request: Pick<NodeExchange, 'method' | 'target' | 'remoteAddress' | 'field'>): Reply | undefined;
  /**
   * Told of every fault of the app. It must not throw.
   * @param outcome what the peer gets
   */
  onError(error: unknown, request: FailedRequest, outcome: string): void;
  /** Makes the answer where the app failed before any of its own was sent. It must not throw. */
  failureReply(error: unknown, request: NodeExchange): Reply;
}

/** The request at which an app failed. */
export type FailedRequest = Pick<NodeExchange, 'method' | 'target' | 'hasTimedOut' | 'id'>;

/** The request that began last on a connection; empty before the first. */
export interface LatestRequest {
  /** Its method. */
  method: string;
  /** Its target. */
  target: string;
}

/** What is known of a connection that was handed over. */
interface Handed extends LatestRequest {
  readonly follower: ExchangeFollower;
}

const HANDED = Symbol('handed');
type ServerSocket = NodeRequest['socket'];
type HandedSocket = object & { [HANDED]?: Handed };

/**
 * Makes connections those of an app's own server, which reads and writes them by itself; what becomes of their requests
 * is told to whoever handed them over.
 *
 * A handler that throws or rejects before its answer has begun is a 500, behind that a cut connection; both are told, and
 * so is a listener that throws at an upgrade.
 * Everything else that an app may do wrong with its server has the effect that it has in Node.
 * @param app the app
 * @param options how it is called
 */
export function createNodeBridge(app: NodeApp, options: NodeBridgeOptions): ConnectionTaker {
  const server = app.nodeServer;
  const emit = server.emit as (...args: unknown[]) => boolean;
  let isListening = false;
  limitServer(server, options.limits);

  function answer(event: string, request: NodeRequest, response: NodeResponse): boolean {
    const handed = (request.socket as HandedSocket)[HANDED];
    // A connection that the app made up itself, as for a test.
    if (handed === undefined) return emit.call(server, event, request, response);
    const exchange = new NodeExchange(request, response, handed.follower);
    if (!handed.follower.begin(exchange)) return true;
    note(handed, exchange);
    exchange.follow();
    const refusal = options.refusal?.(exchange);
    if (refusal !== undefined) {
      exchange.answerFailure(() => refusal);
      return true;
    }
    for (const listener of server.rawListeners(event)) {
      let returned: unknown;
      try {
        returned = Reflect.apply(listener, server, [request, response]);
      } catch (error) {
        fail(error, exchange);
        break;
      }
      if (typeof returned === 'object' && returned !== null) followReturned(returned, exchange);
    }
    return true;
  }

  function followReturned(returned: object, exchange: NodeExchange): void {
    if (isResponse(returned)) fail(responseReturned(), exchange);
    else if ('then' in returned && typeof returned.then === 'function') {
      Promise.resolve(returned).then(
        (settled) => {
          if (isResponse(settled)) fail(responseReturned(), exchange);
        },
        (error: unknown) => fail(error, exchange),
      );
    }
  }

  function fail(error: unknown, exchange: NodeExchange): void {
    // Of a client that left, or the end of a deadline that was told already.
    if (exchange.hasTimedOut || (exchange.isOver && isDeparture(error))) return;
    options.onError(error, exchange, exchange.failureOutcome);
    exchange.answerFailure(() => options.failureReply(error, exchange));
  }

  function upgrade(event: string, request: NodeRequest, args: unknown[]): boolean {
    const handed = (request.socket as HandedSocket)[HANDED];
    if (handed === undefined) return emit.call(server, event, ...args);
    const named = namesOf(request, handed.follower);
    if (!handed.follower.upgrade(named, options.refusal?.(named))) return true;
    note(handed, named);
    try {
      return emit.call(server, event, ...args);
    } catch (error) {
      const { method, target, id } = named;
      options.onError(error, { method, target, id, hasTimedOut: false }, 'the connection was cut');
      request.socket.destroy();
      return true;
    }
  }

  function refuse(error: Error, socket: ServerSocket): boolean {
    const isHandled = emit.call(server, 'clientError', error, socket);
    if (!isHandled && closeUnused(error, socket)) return true;
    const code = 'code' in error ? String(error.code) : '';
    // Not of a peer that has left.
    if (code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT')
      (socket as HandedSocket)[HANDED]?.follower.refuse(
        isHandled ? 0 : (NODE_STATUSES.get(code) ?? 400),
        code,
      );
    return isHandled;
  }

  function connect(socket: object): void {
    emit.call(server, 'connection', socket);
  }

  /** The one place that all of a request comes by, whoever listens and from when on. */
  function emitFollowed(event: string, ...args: unknown[]): boolean {
    switch (event) {
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
        return answer(event, args[0] as NodeRequest, args[1] as NodeResponse);
      case 'upgrade':
      case 'connect':
        return upgrade(event, args[0] as NodeRequest, args);
      case 'clientError':
        return refuse(args[0] as Error, args[1] as ServerSocket);
      default:
        return emit.call(server, event, ...args);
    }
  }
  server.emit = emitFollowed;

  return {
    take(socket, follower) {
      const handed: Handed = { follower, method: '', target: '' };
      (socket as HandedSocket)[HANDED] = handed;
      if (options.enter === undefined) connect(socket as object);
      else options.enter(handed, connect, socket as object);
    },
    onListening(address) {
      if (isListening) return;
      isListening = true;
      // It has no socket of its own that it could ask.
      server.address = () => address as ReturnType<typeof server.address>;
      // From here on Node looks after its deadlines.
      emit.call(server, 'listening');
    },
  };
}

/** What Node answers by itself, where that is not 400. */
const NODE_STATUSES: ReadonlyMap<string, number> = new Map([
  ['HPE_HEADER_OVERFLOW', 431],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
 * Ends a connection on which no request has come, as browsers open some ahead of need, without the 408 that Node would
 * write: whoever has had it from another thread, or uses it just now, would take that for an answer.
 * @returns whether it was one
 */
function closeUnused(error: Error, socket: ServerSocket): boolean {
  if (!('code' in error) || error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' || socket.bytesRead > 0) return false;
  socket.destroy();
  return true;
}

function note(latest: LatestRequest, { method, target }: LatestRequest): void {
  latest.method = method;
  latest.target = target;
}

function isResponse(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Response]';
}

function responseReturned(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_APP_NODE_RESPONSE',
    'The app is a function of two or more parameters, which heddle calls as a handler of Node, (req, res), and it returned a Response. Export it as fetch: export default { fetch }',
  );
}

/** What streams say of a peer that is gone. */
function isDeparture(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'EPIPE';
}

/** What a log looks at. */
function namesOf(
  { method = '', url: target = '', headers, httpVersionMinor }: NodeRequest,
  follower: ExchangeFollower,
): LoggedRequest {
  const field = (name: string): string | undefined => headers[name]?.toString();
  const { remoteAddress } = follower;
  return { method, target, minorVersion: httpVersionMinor, field, remoteAddress, id: undefined };
}
