import { errorReply } from '#exchange/error-reply.ts';
import type { EndedExchange, ExchangeLog, ExchangeOutcome, LoggedRequest } from '#exchange/exchange-log.ts';
import type { HandedExchange } from '#exchange/handed-exchange.ts';

/**
 * What is told to the log of an exchange that the app's own server answered.
 * @param exchange that has ended
 * @param early how, where it was before its answer was sent
 */
export function endOf(exchange: HandedExchange, early: ExchangeOutcome): EndedExchange {
  const { hasTimedOut, hasFailed, isSent, contentReceived: bytesIn, startedAt, status } = exchange;
  const unsent = hasFailed ? 'failed' : early;
  const sent = hasTimedOut ? 'timeout' : 'complete';
  return {
    request: exchange,
    isWhole: true,
    status,
    bytesIn,
    // Where it timed out the answer was ours.
    bytesOut: hasTimedOut ? lateBytes(exchange) : exchange.contentSent,
    durationMs: performance.now() - startedAt,
    outcome: isSent ? sent : unsent,
  };
}

/**
 * Tells the log of a request to speak another protocol, when it is given to the app: what is spoken then is no exchange.
 * @param log who is told
 * @param request as it came
 */
export function logUpgrade(log: ExchangeLog | undefined, request: LoggedRequest): void {
  log?.begin(request);
  log?.end({
    ...{ request, isWhole: true, status: 101, bytesIn: 0, bytesOut: 0, durationMs: 0 },
    outcome: 'upgraded',
  });
}

/**
 * Tells the log of bytes that the app's own server refused: it does not show what it could read of them.
 * @param log who is told
 * @param remoteAddress of the peer
 * @param status what the peer was told; 0 where nobody here knows
 * @param reason in the words of that server
 */
export function logHandedRefusal(
  log: ExchangeLog | undefined,
  remoteAddress: string,
  status: number,
  reason: string,
): void {
  const request = {
    method: '',
    target: '',
    minorVersion: 1,
    field: () => undefined,
    remoteAddress,
    id: undefined,
  };
  log?.end({
    ...{ request, isWhole: false, status, bytesIn: 0, bytesOut: 0, durationMs: undefined },
    ...{ outcome: 'refused', reason },
  });
}

const LATE = errorReply(503);

function lateBytes({ method }: LoggedRequest): number {
  return method === 'HEAD' ? 0 : String(LATE.body).length;
}
