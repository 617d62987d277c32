import type { Socket } from 'node:net';
import { plainAddress } from './plain-address.ts';
import type { RequestOrigin } from './received-request.ts';

/** Who is at the other end of a socket; asked of the system only where somebody wants to know. */
export class SocketOrigin implements RequestOrigin {
  readonly #socket: Socket;
  #remoteAddress: string | undefined;

  /** @param socket of the connection */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get remoteAddress(): string {
    this.#remoteAddress ??= plainAddress(this.#socket.remoteAddress ?? '');
    return this.#remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }
}
