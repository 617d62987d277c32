import { formatReplyHead } from '#http1/reply-head.ts';
import { closeDescriptor } from '#native/lease.ts';
import {
  canDuplicateConnections,
  drainDescriptor,
  duplicateConnection,
  openDecoy,
  writeToDescriptor,
} from '#native/socket-descriptor.ts';
import { type BoardEntry, CONNECTION_STATES, type ConnectionBoard } from '#net/connection-board.ts';
import { formatHttpDate } from '#semantics/http-date.ts';

/** Descriptors of connections that have lost their thread, by what is to become of them. */
export interface Stranded {
  /** Between two requests, or with one that nobody has read: another thread goes on with them. */
  readonly idle: readonly number[];
  /** They were told their last word: to be ended. */
  readonly leaving: readonly number[];
  /** Their half answer would look whole behind a FIN: to be reset. */
  readonly broken: readonly number[];
}

/** What became of the connections of a thread that was given up. */
export interface Relief extends Stranded {
  /** How many requests were answered with 503. */
  readonly answered: number;
  /** The lines of those among them that the thread had begun, and counted; the others nobody had read. */
  readonly begun: readonly string[];
  /** How many connections were closed in the middle of something. */
  readonly closed: number;
}

/** What is answered in place of a thread. */
export const RELIEF_STATUS = 503;
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
 * @param end ends the thread; resolves when it runs no JavaScript any more
 */
export async function relieve(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  return canDuplicateConnections() ? handOn(board, end) : sayGoodbye(board, end);
}

async function handOn(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  // It needs a descriptor itself, and the copies may take the last one.
  using decoy = openDecoy();
  const copies: { readonly entry: BoardEntry; readonly copy: number }[] = [];
  const answers = new Answers();
  let closed = 0;
  for (const entry of board.entries()) {
    const copy = duplicateConnection(entry.fd);
    if (copy >= 0) copies.push({ entry, copy });
    else if (!answers.bid(entry) && entry.state !== CONNECTION_STATES.idle) closed += 1;
  }
  for (const { entry } of copies) decoy?.replace(entry.fd);
  await end();
  // What the thread did in its last moment counts, not what it was seen at.
  const after = new Map(board.entries().map((entry) => [entry.slot, entry]));
  const idle: number[] = [];
  const leaving: number[] = [];
  const broken: number[] = [];
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
      const isAnswered = now.state === CONNECTION_STATES.handling && answers.give(copy, now.requestLine);
      if (!isAnswered && now.state !== CONNECTION_STATES.lingering) closed += 1;
      leaving.push(copy);
    }
  }
  return { idle, leaving, broken, ...answers.told(), closed };
}

async function sayGoodbye(board: ConnectionBoard, end: () => Promise<unknown>): Promise<Relief> {
  const answers = new Answers();
  let closed = 0;
  for (const entry of board.entries())
    if (!answers.bid(entry) && entry.state !== CONNECTION_STATES.idle) closed += 1;
  await end();
  return { idle: [], leaving: [], broken: [], ...answers.told(), closed };
}

/** The answers that are given in place of a thread. */
class Answers {
  readonly #begun: string[] = [];
  #unread = 0;

  /** Answers a request that the thread had begun. @returns whether the answer left */
  give(fd: number, requestLine: string): boolean {
    const hasLeft = answer503(fd, requestLine);
    if (hasLeft) this.#begun.push(requestLine);
    return hasLeft;
  }

  /** The last word to a client whose connection ends with the thread. @returns whether there was one */
  bid({ fd, state, requestLine }: BoardEntry): boolean {
    if (state === CONNECTION_STATES.idle) {
      const isAnswered = answerUnread(fd);
      if (isAnswered) this.#unread += 1;
      return isAnswered;
    }
    // A close with unread bytes would reset the connection, and with it the answer.
    drainDescriptor(fd);
    return state === CONNECTION_STATES.handling && this.give(fd, requestLine);
  }

  told(): Pick<Relief, 'answered' | 'begun'> {
    return { answered: this.#begun.length + this.#unread, begun: this.#begun };
  }
}

/**
 * Answers a request that nobody has read with 503, so that its connection can be closed.
 * @param fd of a connection between two requests
 * @returns false where there is none
 */
export function answerUnread(fd: number): boolean {
  const unread = drainDescriptor(fd);
  return unread !== '' && answer503(fd, unread);
}

function answer503(fd: number, requestLine: string): boolean {
  const head = formatReplyHead(
    { status: RELIEF_STATUS, fields: ['content-type', 'text/plain;charset=UTF-8'] },
    `content-length: ${BODY.length}\r\n`,
    'connection: close\r\n',
    formatHttpDate(Date.now()),
  );
  return writeToDescriptor(fd, requestLine.startsWith('HEAD ') ? head : head + BODY);
}
