import type { Log } from '#observe/log.ts';
import type { ServedTarget } from './generation-host.ts';
import type { ListeningBackend } from './listening-sockets.ts';

/** What the supervisor of a server is made of. */
export interface SupervisedOptions extends ServedTarget {
  /** Descriptors of sockets that this process was started with, to listen on instead of binding. */
  readonly inherited: readonly number[];
  /** Insists on one way to come to the sockets instead of the best that works here; for tests. */
  readonly backend?: ListeningBackend;
  /** Where the lives of threads are logged. */
  readonly log: Log;
}
