import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FetchApp } from '#fetch/fetch-app.ts';
import type { NodeApp } from '#fetch/node-app.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Context } from './context.ts';
import { importModule } from './import-error.ts';
import { nodeAppOf } from './node-handler.ts';
import { OPTION_NAMES, OPTIONS_BEFORE_APP, type OptionName, SERVE_OPTIONS } from './serve-options.ts';

/** What an app module tells beside its handler: plain values, which can cross threads. */
export interface ModuleOptions {
  /** Values of the table of options. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The folder to serve, as an absolute path. */
  readonly staticRoot: string | undefined;
  /** The URL of the tasks module. */
  readonly tasks: string | undefined;
}

/** An app module, loaded. */
export interface LoadedApp {
  /** The app. */
  readonly app: FetchApp<Context> | NodeApp;
  /** Its options. */
  readonly options: ModuleOptions;
  /** Its `ready`. */
  readonly ready: () => Promise<void>;
  /** Its `close`. */
  readonly close: () => Promise<void>;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Imports an app module and finds its handler: an export `fetch`, `default.fetch`, a default function of one
 * parameter, or a Node app. Runs in server threads only.
 * @param url of the module
 * @throws {HeddleError} `ERR_HEDDLE_APP_IMPORT` where it cannot be loaded, `ERR_HEDDLE_APP_NO_HANDLER`,
 *   `ERR_HEDDLE_OPTION` and `ERR_HEDDLE_NO_TARGET` for its `static` and `tasks`
 */
export async function loadApp(url: URL): Promise<LoadedApp> {
  const exports = await importModule(url);
  const standard = isObject(exports.default) ? exports.default : {};
  const source = typeof exports.fetch === 'function' ? { ...exports, ...plainOptions(standard) } : standard;
  const fetch = handlerOf(exports, standard, url);
  if (typeof fetch !== 'function') return loadedNodeApp(fetch, exports, url);
  const error = source.error;
  return {
    app: {
      fetch,
      ...(typeof error === 'function' ? { error: (thrown: unknown) => error.call(source, thrown) } : {}),
    },
    options: moduleOptions(source, url),
    ready: () => callIfThere(source, 'ready'),
    close: () => callIfThere(source, 'close'),
  };
}

/** Members of what a framework made are the framework's: options, `ready` and `close` are those that are exported by name. */
function loadedNodeApp(app: NodeApp, exports: Members, url: URL): LoadedApp {
  return {
    app,
    options: moduleOptions(exports, url),
    ready: async () => {
      await callIfThere(exports, 'ready');
      await app.ready?.();
    },
    close: async () => {
      await callIfThere(exports, 'close');
      await app.close?.();
    },
  };
}

function handlerOf(exports: Members, standard: Members, url: URL): FetchApp<Context>['fetch'] | NodeApp {
  const { fetch } = exports;
  if (typeof fetch === 'function') return fetch as FetchApp<Context>['fetch'];
  const method = standard.fetch;
  // Called as a method: an app that is a class instance finds its fields.
  if (typeof method === 'function') return (...args) => method.apply(standard, args);
  const whole = exports.default;
  if (typeof whole === 'function' && whole.length <= 1) return whole as FetchApp<Context>['fetch'];
  const node = nodeAppOf(whole);
  if (node !== undefined) return node;
  throw new HeddleError(
    'ERR_HEDDLE_APP_NO_HANDLER',
    `${fileURLToPath(url)} exports no handler. Write: export default { fetch(request) { return new Response('Hello') } }`,
  );
}

function moduleOptions(source: Members, url: URL): ModuleOptions {
  for (const name of OPTIONS_BEFORE_APP) if (source[name] !== undefined) throw tooLate(name, url);
  return {
    values: plainOptions(source),
    staticRoot:
      source.static === undefined ? undefined : fileURLToPath(resolve('static', source.static, url)),
    tasks: source.tasks === undefined ? undefined : resolve('tasks', source.tasks, url).href,
  };
}

function tooLate(name: OptionName, url: URL): HeddleError {
  const { flag, env } = SERVE_OPTIONS[name];
  return new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${name} in ${fileURLToPath(url)} comes too late: it is needed before a thread loads the app. ` +
      `Give ${flag}, set $${env}, or pass it to serve().`,
  );
}

function plainOptions(source: Members): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of OPTION_NAMES) if (source[name] !== undefined) values[name] = source[name];
  return values;
}

function resolve(name: string, value: unknown, url: URL): URL {
  if (value instanceof URL || (typeof value === 'string' && value !== '')) {
    const target = new URL(value, url);
    if (target.protocol !== 'file:' || existsSync(target)) return target;
    throw new HeddleError(
      'ERR_HEDDLE_NO_TARGET',
      `${name} in ${fileURLToPath(url)}: there is no ${fileURLToPath(target)}. Check the path, which is relative to the module.`,
    );
  }
  throw new HeddleError(
    'ERR_HEDDLE_OPTION',
    `${name} in ${fileURLToPath(url)}: ${JSON.stringify(value)} is not a path. Give a path relative to the module, or a URL.`,
  );
}

async function callIfThere(source: Members, name: 'ready' | 'close'): Promise<void> {
  const member = source[name];
  if (typeof member === 'function') await member.call(source);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
