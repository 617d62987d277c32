import { formatReplyHead } from '#http1/reply-head.ts';
import { closeDescriptor } from '#native/lease.ts';
import {
  canDuplicateConnections,
  drainDescriptor,
  duplicateConnection,
  withdrawConnections,
  writeToDescriptor,
} from '#native/socket-descriptor.ts';
import { type BoardEntry, CONNECTION_STATES, type ConnectionBoard } from '#net/connection-board.ts';
import { formatHttpDate } from '#semantics/http-date.ts';

/** What became of the connections of a thread that was given up. */
export interface Relief {
  /** Descriptors of connections between two requests, or with one that nobody has read: for another thread to go on. */
  readonly idle: readonly number[];
  /** Descriptors of connections that were told their last word: for another thread to end. */
  readonly leaving: readonly number[];
  /** Descriptors of connections whose half answer would look whole behind a FIN: for another thread to reset. */
  readonly broken: readonly number[];
  /** How many requests were answered with 503. */
  readonly answered: number;
  /** How many connections were closed in the middle of something. */
  readonly closed: number;
}

const BODY = '503 Service Unavailable\n';

/**
 * Takes care of the clients of a thread that hangs. What can be done depends on what each connection is at:
 *
 * - idle, or its request unread in the kernel: it is kept open, for a healthy thread;
 * - a request was taken and nothing answered: the state of it dies with the thread, so it is 503 and close. No
 *   Retry-After: some clients repeat a request because of one, and this may be the one that hung the thread;
 * - half read or half written: closed; reset where the end of the connection would look like that of the answer
 *   (RFC9112§8).
 *
 * Without a way to duplicate descriptors (before Node 26.9) the thread's end closes them all; those that wait for an
 * answer get a 503 first. Plain HTTP only.
 * @param board what the thread was at
 * @param end ends the thread; resolves when it runs no more
 */
export async function relieve(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  return canDuplicateConnections() ? handOn(board, end) : sayGoodbye(board, end);
}

async function handOn(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  const copies = board
    .entries()
    .map((entry) => ({ entry, copy: duplicateConnection(entry.fd) }))
    .filter(({ copy }) => copy >= 0);
  withdrawConnections(copies.map(({ entry }) => entry.fd));
  await end();
  // What the thread did in its last moment counts, not what it was seen at.
  const after = new Map(board.entries().map((entry) => [entry.slot, entry]));
  const idle: number[] = [];
  const leaving: number[] = [];
  const broken: number[] = [];
  let answered = 0;
  let closed = 0;
  for (const { entry, copy } of copies) {
    const now = after.get(entry.slot);
    if (now === undefined || now.fd !== entry.fd || now.since !== entry.since) {
      closeDescriptor(copy);
    } else if (now.state === CONNECTION_STATES.idle && entry.state === CONNECTION_STATES.idle) {
      idle.push(copy);
    } else if (now.state === CONNECTION_STATES.unframed) {
      closed += 1;
      broken.push(copy);
    } else {
      if (now.state === CONNECTION_STATES.handling && answer503(copy, now)) answered += 1;
      else if (now.state !== CONNECTION_STATES.lingering) closed += 1;
      leaving.push(copy);
    }
  }
  return { idle, leaving, broken, answered, closed };
}

async function sayGoodbye(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  let answered = 0;
  let closed = 0;
  for (const entry of board.entries()) {
    // A close with unread bytes would reset the connection, and with it the answer.
    const hasUnread = drainDescriptor(entry.fd) > 0;
    const isWaiting =
      entry.state === CONNECTION_STATES.handling || (entry.state === CONNECTION_STATES.idle && hasUnread);
    if (isWaiting && answer503(entry.fd, entry)) answered += 1;
    else if (entry.state !== CONNECTION_STATES.idle) closed += 1;
  }
  await end();
  return { idle: [], leaving: [], broken: [], answered, closed };
}

function answer503(fd: number, { requestLine }: BoardEntry): boolean {
  const head = formatReplyHead(
    { status: 503, fields: ['content-type', 'text/plain;charset=UTF-8'] },
    `content-length: ${BODY.length}\r\n`,
    'connection: close\r\n',
    formatHttpDate(Date.now()),
  );
  return writeToDescriptor(fd, requestLine.startsWith('HEAD ') ? head : head + BODY);
}
