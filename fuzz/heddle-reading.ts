import type { MessageLimits } from '#http1/limits.ts';
import { RequestHead } from '#http1/request-head.ts';
import { ServerProtocol } from '#http1/server-protocol.ts';
import type { Reading, ReadRequest } from './reading.ts';

/** Larger than any input: limits are not compared. */
export const NO_LIMITS: MessageLimits = {
  maxHeadBytes: 1 << 20,
  maxFields: 10_000,
  maxTargetBytes: 1 << 20,
  maxTrailerBytes: 1 << 20,
  maxChunkExtensionBytes: 1 << 20,
};

const ANSWER = { status: 204, fields: [] };

/**
 * What our engine makes of the bytes of one connection.
 * @param parts the bytes as they come; each is lent to the engine in an array that the next overwrites, as connections do
 * @param limits of the engine
 * @returns refusals by the codes of `REJECTIONS`
 */
export function readWithHeddle(parts: readonly Buffer[], limits: MessageLimits = NO_LIMITS): Reading {
  const protocol = new ServerProtocol({
    limits,
    heads: { newHead: () => new RequestHead() },
    keepAliveSeconds: 0,
  });
  const requests: ReadRequest[] = [];
  let request: ReadRequest | undefined;
  const lent = Buffer.alloc(Math.max(0, ...parts.map(({ length }) => length)));
  for (const part of parts) {
    protocol.keepUnread();
    lent.fill(0);
    part.copy(lent);
    protocol.receive(lent, part.length);
    for (let event = protocol.nextEvent(); event !== 'need-data'; event = protocol.nextEvent()) {
      if (event === 'request') request = readHead(protocol.request);
      else if (event === 'data' && request !== undefined) request.body += protocol.chunk.toString('latin1');
      else if (event === 'reject')
        return { requests, begun: request, end: protocol.rejection ?? 'no reason' };
      else if (event === 'paused' && request !== undefined) {
        request.trailers = protocol.trailers;
        requests.push(request);
        request = undefined;
        protocol.sendWhole(ANSWER, undefined, '');
        if (protocol.closesAfterReply) return { requests, begun: request, end: 'closed' };
        protocol.startNext();
      }
    }
  }
  const isBetween = protocol.requestState === 'idle' && !protocol.headBegun;
  return { requests, begun: request, end: isBetween ? 'between' : 'inside' };
}

function readHead(head: RequestHead): ReadRequest {
  const { method, target, minorVersion } = head;
  return { method, target, minorVersion, fields: head.fieldLines(), body: '', trailers: [] };
}
