import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { HeddleError } from '#observe/heddle-error.ts';

/** Loaded for Node apps alone: an import of it takes 40 ms of every thread's start (Node 26), since it makes Node's `fetch` too. */
function http(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}

/** A request as Node's server gives it. */
export type NodeRequest = IncomingMessage;
/** An answer as Node's server gives it. */
export type NodeResponse = ServerResponse;
/** Node's own HTTP server. */
export type NodeServer = Server;

/** Answers a request of Node's server: `(req, res) => res.end('Hello')`, or an Express app. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse) => unknown;

/** An app that answers by Node's own HTTP server. */
export interface NodeApp {
  /** What it is, in words: `default, a function of 2 parameters: (req, res)`. */
  readonly what: string;
  /** Its server, which never listens. */
  readonly nodeServer: NodeServer;
  /** Makes it ready, before the first connection. */
  ready?(): Promise<void>;
  /** Ends what it has begun, behind the last connection. */
  close?(): Promise<void>;
}

/** Limits and deadlines for a server that the app left them to; times in milliseconds. */
export interface NodeLimits {
  /** By when a head must be complete. */
  readonly headMs: number;
  /** How long an idle connection stays open. */
  readonly keepAliveMs: number;
  /** The largest head, in bytes. */
  readonly maxHeadBytes: number;
  /** How late a deadline may be seen. */
  readonly periodMs: number;
}

/** Node's server promises this much less than it keeps, so that a client stops using a connection before it ends. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** Whether an app answers by Node's server. */
export function isNodeApp(app: object): app is NodeApp {
  return 'nodeServer' in app;
}

/**
 * An app that is a function of a request and a response.
 * @param handler the function
 * @param what what it is, in words
 */
export function appOfHandler(handler: NodeHandler, what: string): NodeApp {
  return { what, nodeServer: http().createServer(handler) };
}

/**
 * An app that is a server already.
 * @param server what the app made
 * @param what what it is, in words
 * @throws {HeddleError} `ERR_HEDDLE_APP_NODE_SERVER` for one that speaks TLS or HTTP/2
 */
export function appOfServer(server: unknown, what: string): NodeApp {
  if (server instanceof http().Server) return { what, nodeServer: server };
  throw new HeddleError(
    'ERR_HEDDLE_APP_NODE_SERVER',
    `The app (${what}) has a server that is not one of node:http: heddle speaks HTTP/1.1 without TLS. Export a server of http.createServer(), and let a proxy speak TLS or HTTP/2 to clients.`,
  );
}

/**
 * Gives a server the limits that the app did not set itself, which are those that stand as Node sets them.
 * @param server of the app
 * @param limits what is to hold
 */
export function limitServer(server: NodeServer, limits: NodeLimits): void {
  const usual = http().createServer();
  const { headMs, keepAliveMs, maxHeadBytes, periodMs } = limits;
  if (server.headersTimeout === usual.headersTimeout) server.headersTimeout = headMs;
  if (server.keepAliveTimeout === usual.keepAliveTimeout) {
    // 0 would be no limit at all.
    server.keepAliveTimeout = Math.max(1, keepAliveMs - KEEP_ALIVE_MARGIN_MS);
    Reflect.set(server, 'keepAliveTimeoutBuffer', KEEP_ALIVE_MARGIN_MS);
  }
  for (const [name, value] of [
    ['maxHeaderSize', maxHeadBytes],
    ['connectionsCheckingInterval', Math.ceil(periodMs)],
  ] as const) {
    if (Reflect.get(server, name) === Reflect.get(usual, name)) Reflect.set(server, name, value);
  }
}
