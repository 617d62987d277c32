import type { Log } from '#observe/log.ts';
import type { OptionLayer } from './server-config.ts';

/** What the supervisor of a server is made of. */
export interface SupervisedOptions {
  /** The URL of the app module; `undefined` for a folder alone. */
  readonly app: URL | undefined;
  /** The folder, as an absolute path; overrides the app's. */
  readonly staticRoot: string | undefined;
  /** The URL of the tasks module; overrides the app's. */
  readonly tasks: URL | undefined;
  /** Descriptors of sockets that this process was started with, to listen on instead of binding. */
  readonly inherited: readonly number[];
  /** Options of the caller, which override the module's. */
  readonly above: readonly OptionLayer[];
  /** Options that the module overrides. */
  readonly below: readonly OptionLayer[];
  /** Where the lives of threads are logged. */
  readonly log: Log;
}
