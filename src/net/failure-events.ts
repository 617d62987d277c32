import { errorReply } from '#exchange/error-reply.ts';
import { BodyError, type IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { REJECTIONS, type RejectionCode } from '#http1/rejection.ts';
import {
  type ConnectionsExceeded,
  connectionsExceeded,
  peerRefused,
  requestFailed,
  requestTimedOut,
} from '#observe/events.ts';
import { plainAddress } from './plain-address.ts';

/** What the events tell of a request. */
type NamedRequest = Pick<IncomingRequest, 'method' | 'target' | 'hasTimedOut'> &
  Partial<Pick<IncomingRequest, 'id'>>;

/**
 * Tells the subscribers that the app failed at a request. One that timed out has its event: what an app throws behind
 * that is mostly the reason of its own signal, and with a stack it would look like a fault of the app.
 * @param error what was thrown
 * @param outcome what the peer gets
 */
export function publishFailure(request: NamedRequest, error: unknown, outcome: string): void {
  if (request.hasTimedOut || !requestFailed.hasSubscribers) return;
  const { id: requestId, method, target } = request;
  requestFailed.publish({ error, method, target, outcome, requestId });
}

/**
 * The answer where the app failed before any of its own was sent.
 * @param error what was thrown; the subscribers are told, the peer is not
 */
export function failedReply(request: IncomingRequest, error: unknown): Reply {
  publishFailure(request, error, 'answered 500');
  return errorReply(500);
}

/**
 * Tells the subscribers that a request got no answer in time.
 * @param afterMs how long the answer was waited for, in milliseconds
 */
export function publishTimeout({ id: requestId, method, target }: NamedRequest, afterMs: number): void {
  if (requestTimedOut.hasSubscribers) requestTimedOut.publish({ method, target, afterMs, requestId });
}

/**
 * Tells the subscribers that a peer's bytes were refused.
 * @param isAnswered whether the peer is told the status
 */
export function publishRefusal(code: RejectionCode, isAnswered: boolean, remoteAddress: string): void {
  if (!peerRefused.hasSubscribers) return;
  const { status, section, reason } = REJECTIONS[code];
  peerRefused.publish({ code, status: isAnswered ? status : 0, section, reason, remoteAddress });
}

/** What the reader of a request's content is told where its bytes were refused. */
export function refusalError(code: RejectionCode): BodyError {
  const { reason, section } = REJECTIONS[code];
  return new BodyError('body-incomplete', `The request was refused: ${reason} (${section}).`);
}

/** Publishes that a connection was closed, being one too many. */
export function publishExcess(limit: ConnectionsExceeded['limit'], remoteAddress: string): void {
  if (!connectionsExceeded.hasSubscribers) return;
  connectionsExceeded.publish({ limit, remoteAddress: plainAddress(remoteAddress) });
}
