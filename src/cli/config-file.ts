import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';
import type { HeddleConfig } from '#server/define-config.ts';
import { importModule } from '#server/import-error.ts';
import { optionMeant } from '#server/option-spelling.ts';
import type { LiveConfig } from '#server/serve.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS } from '#server/serve-options.ts';
import type { OptionLayer } from '#server/server-config.ts';
import { optionPath } from '#server/target-paths.ts';
import type { VirtualHost } from '#server/virtual-hosts.ts';

/** The names under which a config file is looked for. */
const NAMES = ['heddle.config.ts', 'heddle.config.mts', 'heddle.config.js', 'heddle.config.mjs'];
const MEMBERS: readonly string[] = ['app', 'static', 'tasks', 'virtualHosts', ...OPTION_NAMES];

/** A config file. What it says may be another after {@link load}, and those who ask then see that. */
export class ConfigFile implements LiveConfig {
  /** Its path. */
  readonly path: string;
  /** Its options. */
  readonly layer: OptionLayer;
  #config: HeddleConfig = {};
  #loads = 0;

  /** @param path of the file, which is there */
  constructor(path: string) {
    this.path = path;
    const name = relative(process.cwd(), path);
    const values: Partial<Record<OptionName, unknown>> = {};
    for (const option of OPTION_NAMES)
      Object.defineProperty(values, option, { enumerable: true, get: () => this.#option(option) });
    this.layer = { origin: (option) => `${option} in ${name}`, values };
  }

  /**
   * Finds the config file.
   * @param given the path that was given; without one it is looked for in the working directory; `false` for none
   * @param environment of which `HEDDLE_CONFIG` may name it
   * @returns `undefined` where there is none
   * @throws {HeddleError} `ERR_HEDDLE_CONFIG` where one was named that is not there
   */
  static find(
    given: string | false | undefined,
    environment: Readonly<Record<string, string | undefined>>,
  ): ConfigFile | undefined {
    const named = given ?? (environment.HEDDLE_CONFIG || undefined);
    if (named === false) return undefined;
    const path = (named === undefined ? NAMES : [named]).map((name) => resolve(name)).find(existsSync);
    if (path !== undefined) return new ConfigFile(path);
    if (named === undefined) return undefined;
    throw new HeddleError('ERR_HEDDLE_CONFIG', `There is no config file ${named}. Check the path.`);
  }

  /** What it says is to be served: the app, the folder and the tasks. */
  get target(): Pick<HeddleConfig, 'app' | 'static' | 'tasks'> {
    const { app, static: folder, tasks } = this.#config;
    return {
      ...(app === undefined ? {} : { app: this.#url(app) }),
      ...(folder === undefined ? {} : { static: this.#url(folder) }),
      ...(tasks === undefined ? {} : { tasks: this.#url(tasks) }),
    };
  }

  /** Its virtual hosts. */
  readonly virtualHosts = (): readonly VirtualHost[] => {
    const { virtualHosts = [] } = this.#config;
    // What is no list, or no host, is told by whoever plans them.
    if (!Array.isArray(virtualHosts)) return virtualHosts;
    return virtualHosts.map((host: VirtualHost) => {
      if (host?.static === undefined) return host;
      const { static: folder, auth } = host;
      const isPath = typeof folder === 'string';
      return {
        ...{ ...host, static: isPath ? this.#url(folder) : folder },
        ...(auth ? { auth: optionPath(auth, dirname(this.path)) } : {}),
      };
    });
  };

  /**
   * Reads it, again as it is now; modules that it imports stay as they were. Where it cannot be read, what it said stays.
   * @throws {HeddleError} `ERR_HEDDLE_APP_IMPORT` where it cannot be loaded, `ERR_HEDDLE_CONFIG` for what it cannot say
   */
  async load(): Promise<void> {
    const url = pathToFileURL(this.path);
    if (this.#loads > 0) url.searchParams.set('reload', String(this.#loads));
    this.#loads += 1;
    const { default: config } = await importModule(url);
    if (typeof config !== 'object' || config === null)
      throw this.#mistake('it exports no options', 'Write: export default defineConfig({ port: 8080 })');
    const stranger = Object.keys(config).find((name) => !MEMBERS.includes(name));
    if (stranger !== undefined) {
      const meant = optionMeant(stranger);
      const step = meant === undefined ? 'docs/options.md has their names.' : `Is ${meant} meant?`;
      throw this.#mistake(`there is no option ${stranger}`, step);
    }
    this.#config = config;
  }

  #option(name: OptionName): unknown {
    const value = this.#config[name];
    return SERVE_OPTIONS[name].kind === 'path' ? optionPath(value, dirname(this.path)) : value;
  }

  #url(path: string | URL): URL {
    if (path instanceof URL) return path;
    if (typeof path === 'string' && path !== '') return pathToFileURL(resolve(dirname(this.path), path));
    throw this.#mistake(`${JSON.stringify(path)} is no path`, 'Give one, relative to the file, or a URL.');
  }

  #mistake(what: string, step: string): HeddleError {
    return new HeddleError('ERR_HEDDLE_CONFIG', `${relative(process.cwd(), this.path)}: ${what}. ${step}`);
  }
}
