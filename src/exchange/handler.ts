import type { IncomingRequest } from './incoming-request.ts';
import type { Reply } from './reply.ts';

/** An answer that takes the connection over: an upgrade (RFC9110§7.8) or an app that speaks HTTP by itself. */
export interface TakeOver {
  /**
   * @param socket the connection's socket, paused, with nothing of ours listening on it
   * @param unread bytes that were read from it behind the request's head
   */
  takeOver(socket: unknown, unread: Uint8Array): void;
}

/** What a handler gives back. */
export type Answer = Reply | TakeOver;

/**
 * Answers a request. `undefined`: not mine, ask the next handler. A synchronous answer is written in the same
 * tick. A handler that throws or rejects costs the client a bare 500 and is logged.
 */
export type Handler = (request: IncomingRequest) => Answer | Promise<Answer | undefined> | undefined;
