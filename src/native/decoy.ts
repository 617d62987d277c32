import type { DescriptorCalls } from './descriptor-calls.ts';
import { HeldSocket } from './held-socket.ts';

/**
 * Something harmless for the descriptors of a thread that is about to be terminated: its event loop turns once more, and
 * would accept connections, or read bytes, that nobody sees then. The decoy is a listening socket that nobody knows: the
 * loop that still watches the number finds nothing to accept and nothing to read. (`/dev/null` cannot be watched: libuv
 * would abort the process.)
 */
export class Decoy implements Disposable {
  readonly #calls: DescriptorCalls;
  readonly #socket: HeldSocket;

  /**
   * @param calls of libc
   * @throws where no socket can be had
   */
  constructor(calls: DescriptorCalls) {
    this.#calls = calls;
    this.#socket = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    // It listens when the call returns; only the closing of the copy is waited for.
    this.#socket.listen(calls.duplicate(this.#socket.fd), 1).catch(() => {});
  }

  /** Makes the number refer to the decoy; what it referred to lives on in its other descriptors. */
  replace(fd: number): void {
    this.#calls.replace(fd, this.#socket.fd);
  }

  /** Gives the socket up; numbers that refer to it keep it open. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
