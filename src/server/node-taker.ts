import type { ConnectionTaker } from '#exchange/handed-exchange.ts';
import type { Reply } from '#exchange/reply.ts';
import type { NodeApp } from '#fetch/node-app.ts';
import { createNodeBridge } from '#fetch/node-bridge.ts';
import { publishFailure } from '#net/failure-events.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { asCurrent } from './current-request.ts';
import { bareFailure, detailedFailure } from './failure-reply.ts';
import type { LimitedRequest } from './request-limits.ts';
import type { Settings } from './serve-options.ts';

/** How a Node app is served. */
export interface NodeTakerOptions {
  /** All options. */
  readonly settings: Settings;
  /** How late a deadline may be seen, in milliseconds. */
  readonly periodMs: number;
  /** Whether somebody may ask which request the thread is at. */
  readonly isWatched: boolean;
  /** The answer to a request that is refused before the app is called. */
  readonly refusal: ((request: LimitedRequest) => Reply | undefined) | undefined;
}

/**
 * What takes the connections of a thread for a Node app.
 * @param app the app
 * @param options how it is served
 */
export function nodeTaker(
  app: NodeApp,
  { settings, periodMs, isWatched, refusal }: NodeTakerOptions,
): ConnectionTaker {
  return createNodeBridge(app, {
    limits: { ...settings, periodMs },
    ...(isWatched ? { enter: asCurrent } : {}),
    ...(refusal === undefined ? {} : { refusal }),
    onError: (error, request, outcome) => publishFailure(request, error, outcome),
    failureReply:
      process.env.NODE_ENV === 'development' ? detailedFailure : (_, request) => bareFailure(request),
  });
}

/**
 * A Node app has its connections to itself, so no folder can be asked before it.
 * @param staticRoot the folder; `undefined` where there is none
 * @throws {HeddleError} `ERR_HEDDLE_APP_NODE_STATIC` where there is one
 */
export function refuseFolder(staticRoot: string | undefined): void {
  if (staticRoot === undefined) return;
  throw new HeddleError(
    'ERR_HEDDLE_APP_NODE_STATIC',
    `static ${staticRoot} cannot be served beside a Node app, which answers every request by itself. Serve it there, as with express.static() or @fastify/static, or by a second heddle.`,
  );
}

/**
 * Nothing of ours stands before a Node app, so nothing of ours could ask for a password.
 * @param file of accounts; empty where there is none
 * @throws {HeddleError} `ERR_HEDDLE_APP_NODE_AUTH` where there is one
 */
export function refuseAuth(file: string): void {
  if (file === '') return;
  throw new HeddleError(
    'ERR_HEDDLE_APP_NODE_AUTH',
    '--auth does nothing for a Node app, which answers every request by itself. Ask for passwords there, as with express-basic-auth or @fastify/basic-auth, or in a proxy before it.',
  );
}
