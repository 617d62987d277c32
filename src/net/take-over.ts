import type { Socket } from 'node:net';
import type { TakeOver } from '#exchange/handler.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { publishFailure } from './failure-events.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { ReplyWriter } from './reply-writer.ts';
import { leaveSocket } from './socket-events.ts';

/**
 * Hands a connection to an answer that takes it over, with what was written before it on its way. A failure of the
 * answer is published, and ends the connection.
 */
export function handOver(
  socket: Socket,
  protocol: ServerProtocol<ReceivedRequest>,
  writer: ReplyWriter,
  answer: TakeOver,
): void {
  // RFC9110§7.8: a peer that waits for a 100 gets it in front of a 101.
  if (protocol.continueIsDue) writer.write(protocol.sendContinue());
  writer.flush();
  leaveSocket(socket);
  protocol.request.endAccount('upgraded');
  try {
    answer.takeOver(socket, protocol.takeUnread());
  } catch (error) {
    publishFailure(protocol.request, error, 'the connection was cut');
    socket.destroy();
  }
}
