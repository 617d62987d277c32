import type { Settings } from './serve-options.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** What a config file exports: options of the table, and what is served. Paths are relative to the file. */
export interface HeddleConfig extends Partial<Settings> {
  /** The app module, where the command names nothing to serve. */
  readonly app?: string | URL;
  /** The folder, where the command names nothing to serve; beside `app` it is asked before it. */
  readonly static?: string | URL;
  /** The module whose exported functions are the pool's jobs. */
  readonly tasks?: string | URL;
  /** Folders that are served to those who ask for their hosts. All others get the rest, or a 421. */
  readonly virtualHosts?: readonly VirtualHost[];
}

/**
 * Gives the options of a config file their types.
 * @param config the options
 * @returns the same
 *
 * @example
 * // heddle.config.ts
 * export default defineConfig({
 *   port: 8080,
 *   virtualHosts: [{ host: 'example.com', static: './example' }],
 * });
 */
export function defineConfig(config: HeddleConfig): HeddleConfig {
  return config;
}
