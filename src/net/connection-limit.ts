import type { Socket } from 'node:net';
import { clientKey } from '#semantics/client-key.ts';
import { isTrustedPeer, type ProxyTrust } from '#semantics/forwarded.ts';
import type { AddressCounts } from './address-counts.ts';

/** What a thread needs to limit the connections of each client. */
export interface ConnectionLimitOptions {
  /** The connections of each client, over all threads. */
  readonly counts: AddressCounts;
  /** How many a client may have at a time. */
  readonly most: number;
  /** The proxies whose connections are those of many clients, and are not limited. */
  readonly trust: ProxyTrust;
}

/** Limits how many connections one client has at a time, over all threads. */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;

  /** @param options what is counted, and how much may be */
  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
  }

  /**
   * Counts a connection until its socket is closed.
   * @param socket whose peer is the client
   * @param isFresh whether it was just accepted; one that another thread had is counted, and never refused
   * @returns `false`: it is one too many, and is not counted
   */
  admit(socket: Socket, isFresh: boolean): boolean {
    const { counts, most, trust } = this.#options;
    const address = socket.remoteAddress ?? '';
    const key = clientKey(address);
    // A peer on a Unix domain socket, or one that has gone already.
    if (key === undefined || isTrustedPeer(trust, address)) return true;
    const entry = counts.enter(key, isFresh ? most : Number.POSITIVE_INFINITY);
    // The socket, not the connection: an answer may take it over, and it counts all the same.
    if (entry === 'counted') socket.once('close', () => counts.leave(key));
    return entry !== 'refused';
  }
}
