import type { HeldSocket } from './held-socket.ts';

/** How descriptors are duplicated: by calling libc, or by passing the socket through a child process. */
export type DuplicatorBackend = 'ffi' | 'helper';

/** Makes more descriptors for a socket that is held. */
export interface Duplicator {
  readonly backend: DuplicatorBackend;
  /**
   * @returns a new descriptor of the same socket, which the caller owns; it is closed in programs that this
   * process starts. Rejects with `code: 'EMFILE'` when the process has no free descriptor.
   */
  duplicate(socket: HeldSocket): Promise<number>;
  /**
   * Makes a descriptor refer to nothing that can be accepted on, while its number stays taken.
   * @returns false where there is no way
   */
  disable(fd: number): boolean;
  /** Ends the child process, if there is one. */
  close(): void;
}
