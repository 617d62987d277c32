import type { DescriptorCalls } from './descriptor-calls.ts';
import { EpollSets } from './epoll-sets.ts';
import { HeldSocket } from './held-socket.ts';

/**
 * Something harmless for the descriptors of a thread that is about to be terminated: its event loop turns once more, and
 * would accept connections, or read bytes, that nobody sees then. The decoy is a listening socket that nobody knows: the
 * loop that still watches the number finds nothing to accept and nothing to read.
 *
 * libuv aborts the process where it changes what it watches a number for and the kernel refuses. So `/dev/null`, which
 * cannot be watched, would not do; and the decoy takes the place of what it replaces in the loop's epoll set as well,
 * for a loop that has connections to end changes them in its last turn.
 */
export class Decoy implements Disposable {
  readonly #calls: DescriptorCalls;
  readonly #socket: HeldSocket;
  readonly #sets = new EpollSets();

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
    const sets = this.#sets.of(fd);
    this.#calls.replace(fd, this.#socket.fd);
    for (const set of sets) this.#calls.enter(fd, set);
  }

  /** Gives the socket up; numbers that refer to it keep it open. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
