import type { ServerProtocol } from '#http1/server-protocol.ts';
import type { ReplyWriter } from './reply-writer.ts';
import type { RequestContent } from './request-content.ts';

/** Unread requests behind the current one; above it the peer has to wait. */
const READ_AHEAD_BYTES = 65_536;

/** Whether nobody could take what comes: nothing more is read from the socket then. */
export function mustWait(
  content: RequestContent | undefined,
  protocol: ServerProtocol,
  writer: ReplyWriter,
): boolean {
  return (
    content?.isFull === true ||
    (protocol.replyState === 'none' && writer.isBlocked) ||
    (protocol.requestState === 'complete' && protocol.unreadBytes > READ_AHEAD_BYTES)
  );
}
