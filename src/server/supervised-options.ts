import type { Log } from '#observe/log.ts';
import type { ServedTarget } from './generation-host.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import type { ListeningBackend } from './listening-sockets.ts';
import type { SocketKeeper } from './socket-keeper.ts';

/** What the supervisor of a server is made of. */
export interface SupervisedOptions extends ServedTarget {
  /** Sockets that this process was started with, to listen on instead of binding. */
  readonly inherited: InheritedSockets;
  /** Where the sockets are to outlive this process. */
  readonly keeper?: SocketKeeper | undefined;
  /** Whether the process is this server's alone, so that V8 may be set up for it. @default false */
  readonly ownsProcess?: boolean | undefined;
  /** Called before a reload loads the app anew; what it throws fails the reload. */
  readonly beforeReload?: (() => void | Promise<void>) | undefined;
  /** Insists on one way to come to the sockets instead of the best that works here; for tests. */
  readonly backend?: ListeningBackend;
  /** Where the lives of threads are logged. */
  readonly log: Log;
}
