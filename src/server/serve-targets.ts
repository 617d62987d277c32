import type { FetchApp } from '#fetch/fetch-app.ts';
import type { Context } from './context.ts';
import type { Settings } from './serve-options.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** Options of every server; those of the table in `serve-options.ts`, each with its default there. */
export interface CommonOptions extends Partial<Settings> {
  /** The module whose exported functions are the pool's jobs; a string is relative to the working directory. */
  readonly tasks?: string | URL;
  /** Folders that are served to those who ask for their hosts. All others get the rest, or a 421. */
  readonly virtualHosts?: readonly VirtualHost[];
}

/** Serve a function from this thread, without a supervisor. */
export interface FetchOptions extends CommonOptions, FetchApp<Context> {
  /** How many threads `heddle app.ts` starts for the module that calls `serve()`; here this thread is the only one. */
  readonly threads?: Settings['threads'];
  /** This thread's heap was limited when it was started. */
  readonly threadMemoryMb?: never;
  /** There is no other thread that could tell of this one. */
  readonly admin?: never;
  /** A folder that is asked before the function. */
  readonly static?: string | URL;
}

/** Serve an app module on several threads. */
export interface AppOptions extends CommonOptions {
  /** The module; a string is relative to the working directory. */
  readonly app: string | URL;
  /** A folder that is asked before the app; overrides the app's own. */
  readonly static?: string | URL;
}

/** Serve a folder on several threads. */
export interface FolderOptions extends CommonOptions {
  /** The folder; a string is relative to the working directory. */
  readonly static: string | URL;
}

/** Serve folders by the hosts that are asked for, on several threads. */
export interface HostsOptions extends CommonOptions {
  /** Nothing else is served. */
  readonly static?: never;
  readonly virtualHosts: readonly VirtualHost[];
}

/** What `serve()` takes. */
export type ServeOptions = FetchOptions | AppOptions | FolderOptions | HostsOptions;
