import type { Socket } from 'node:net';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** The kernel asks a silent peer after so long, so often, so many times; a host that has vanished is gone then. */
const KEEP_ALIVE_AFTER_MS = 30_000;
const KEEP_ALIVE_INTERVAL_MS = 10_000;
const KEEP_ALIVE_COUNT = 6;

/**
 * Looks after a peer whose answer takes its time. One that has ended its side may wait for the answer, or be gone, and
 * of one that is not read from nobody hears at all: the kernel tells only once something was sent. An app would else
 * work for nobody, or stream to nobody, until its next byte, which may be never.
 */
export class PeerWatch {
  readonly #socket: Socket;
  readonly #writer: ReplyWriter;
  readonly #protocol: ServerProtocol;
  #hasEnded = false;

  /**
   * @param socket the connection's
   * @param writer its way out
   * @param protocol its engine
   */
  constructor(socket: Socket, writer: ReplyWriter, protocol: ServerProtocol) {
    this.#socket = socket;
    this.#writer = writer;
    this.#protocol = protocol;
  }

  /** The peer has ended its side. */
  onPeerEnded(): void {
    this.#hasEnded = true;
  }

  /**
   * Looks whether the peer is still there; a socket whose peer is gone fails then, or some time later.
   *
   * The kernel's own probes find what ours do not: a peer that left after the one byte that it may be sent, or whose
   * framing has room for none, and a host that has vanished. Set here and not at accept, for it is four system calls.
   * @returns whether another look is needed
   */
  look(): boolean {
    this.#socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS, KEEP_ALIVE_INTERVAL_MS, KEEP_ALIVE_COUNT);
    if (this.#hasEnded) this.#writer.probe(this.#protocol.sendProbe());
    else if (this.#socket.isPaused()) this.#writer.probe('');
    else return false;
    return true;
  }
}
