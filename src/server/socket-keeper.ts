import type { HeldSocket } from '#native/held-socket.ts';
import type { InheritedSockets } from './inherited-sockets.ts';

/** Another process that holds the listening sockets too, so that they outlive this one. */
export interface SocketKeeper {
  /** What it has kept since a process before this one; without any, this one binds. */
  readonly kept: InheritedSockets;
  /**
   * Gives it copies of sockets.
   * @param sockets which listen; they stay this process's too
   * @param oneEach whether every server thread has one of its own
   * @returns resolves when it will hold them, whatever becomes of this process
   */
  keep(sockets: readonly HeldSocket[], oneEach: boolean): Promise<void>;
  /** Says that this process means to end: from then on its death is no reason to start another. */
  tellClosing(): void;
  /** Has it close its copies: nobody accepts any more, and who connects is to be refused. */
  tellEnding(): Promise<void>;
}
