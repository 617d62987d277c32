import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Members } from './app-handlers.ts';
import { optionMeant } from './option-spelling.ts';
import { OPTION_NAMES, OPTIONS_BEFORE_APP, type OptionName, SERVE_OPTIONS } from './serve-options.ts';
import { optionPath } from './target-paths.ts';
import type { VirtualHost } from './virtual-hosts.ts';

/** What an app module tells beside its handler: plain values, which can cross threads. */
export interface ModuleOptions {
  /** Values of the table of options. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The folder to serve, as an absolute path. */
  readonly staticRoot: string | undefined;
  /** The URL of the tasks module. */
  readonly tasks: string | undefined;
  /** Folders by host, as absolute paths; as they were given where they are none. */
  readonly virtualHosts?: readonly VirtualHost[];
}

/** Where options stand. */
export interface OptionsPlace {
  /** For people: `app.ts`, `serve() in app.ts:3`. */
  readonly name: string;
  /** What its paths are relative to: the URL of a module, or the working directory. */
  readonly base: URL | 'the working directory';
}

/**
 * Reads the options among the members of an object.
 * @param source of which all but options is passed over
 * @param place where they stand
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`, `ERR_HEDDLE_NO_TARGET` for `static` and `tasks`
 */
export function moduleOptions(source: Members, place: OptionsPlace): ModuleOptions {
  for (const name of OPTIONS_BEFORE_APP) if (source[name] !== undefined) throw tooLate(name, place);
  return {
    values: withPaths(plainOptions(source), place),
    staticRoot:
      source.static === undefined ? undefined : fileURLToPath(target('static', source.static, place)),
    tasks: source.tasks === undefined ? undefined : target('tasks', source.tasks, place).href,
    ...(source.virtualHosts === undefined ? {} : { virtualHosts: hostsOf(source.virtualHosts, place) }),
  };
}

/** Files that options name are beside the module, as `static` and `tasks` are. */
function withPaths(values: Record<string, unknown>, { base }: OptionsPlace): Record<string, unknown> {
  if (!(base instanceof URL) || base.protocol !== 'file:') return values;
  const folder = fileURLToPath(new URL('.', base));
  const resolved = Object.entries(values).map(([name, value]) => {
    const isFile = SERVE_OPTIONS[name as OptionName].kind === 'path';
    return [name, isFile ? optionPath(value, folder) : value];
  });
  return Object.fromEntries(resolved);
}

/** What is no list, or no host, is told by whoever plans them. */
function hostsOf(hosts: unknown, place: OptionsPlace): readonly VirtualHost[] {
  if (!Array.isArray(hosts)) return hosts as readonly VirtualHost[];
  return hosts.map((host: VirtualHost & Members, at) => {
    if (host?.static === undefined) return host;
    const folder = fileURLToPath(target(`virtualHosts[${at}].static`, host.static, place));
    return { ...host, ...withPaths(plainOptions(host), place), static: folder };
  });
}

/**
 * Members of an object literal that mean nothing to heddle, such as those of another server, or with a typing error. What
 * frameworks make has members of its own, and is not looked at.
 * @param source in which options stand
 */
export function passedOver(source: Members): string[] {
  if (Object.getPrototypeOf(source) !== Object.prototype) return [];
  return Object.keys(source).filter((name) => !KNOWN.has(name));
}

/**
 * Which of the names that are passed over look like options, a line each.
 * @param names that mean nothing
 * @param place where they stand
 */
export function misspelt(names: readonly string[], place: OptionsPlace): string[] {
  return names.flatMap((name) => {
    const meant = optionMeant(name);
    return meant === undefined ? [] : [`${name} in ${place.name} is no option: is ${meant} meant?`];
  });
}

const KNOWN: ReadonlySet<string> = new Set([
  ...OPTION_NAMES,
  ...['fetch', 'error', 'static', 'tasks', 'virtualHosts', 'ready', 'close'],
]);

/** Those of the table of options. */
export function plainOptions(source: Members): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) if (source[name] !== undefined) values[name] = source[name];
  return values;
}

function tooLate(name: OptionName, place: OptionsPlace): HeddleError {
  const { flag, env } = SERVE_OPTIONS[name];
  return new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${name} in ${place.name} comes too late: it is needed before a thread loads the app. ` +
      `Give ${flag}, set $${env}, or pass it to serve({ app }).`,
  );
}

function target(name: string, value: unknown, { name: place, base }: OptionsPlace): URL {
  const relativeTo = base instanceof URL ? 'the module' : base;
  if (value instanceof URL || (typeof value === 'string' && value !== '')) {
    const url =
      base instanceof URL || value instanceof URL
        ? new URL(value, base instanceof URL ? base : undefined)
        : pathToFileURL(resolve(value));
    if (url.protocol !== 'file:' || existsSync(url)) return url;
    throw new HeddleError(
      'ERR_HEDDLE_NO_TARGET',
      `${name} in ${place}: there is no ${fileURLToPath(url)}. Check the path, which is relative to ${relativeTo}.`,
    );
  }
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${name} in ${place}: ${JSON.stringify(value)} is not a path. Give a path relative to ${relativeTo}, or a URL.`,
  );
}
