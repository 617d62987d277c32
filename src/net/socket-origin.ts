import type { Socket } from 'node:net';
import type { HeadSource } from '#http1/head-reader.ts';
import type { ConnectionHost } from './connection-host.ts';
import { plainAddress } from './plain-address.ts';
import { ReceivedRequest, type RequestOrigin } from './received-request.ts';

/** Who is at the other end of a socket; asked of the system only where somebody wants to know. */
export class SocketOrigin implements RequestOrigin, HeadSource<ReceivedRequest> {
  readonly #socket: Socket;
  readonly #host: Pick<ConnectionHost<unknown>, 'isDraining'>;
  #remoteAddress: string | undefined;
  #head: ReceivedRequest | undefined;

  /**
   * @param socket of the connection
   * @param host whether its thread drains
   */
  constructor(socket: Socket, host: Pick<ConnectionHost<unknown>, 'isDraining'>) {
    this.#socket = socket;
    this.#host = host;
  }

  /** The last request that was begun to be read; of one that was refused there is as much as was understood. */
  get head(): ReceivedRequest {
    this.#head ??= this.newHead();
    return this.#head;
  }

  /** One more request is about to be read. */
  newHead(): ReceivedRequest {
    this.#head = new ReceivedRequest(this);
    return this.#head;
  }

  get remoteAddress(): string {
    this.#remoteAddress ??= plainAddress(this.#socket.remoteAddress ?? '');
    return this.#remoteAddress;
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get isDraining(): boolean {
    return this.#host.isDraining;
  }
}
