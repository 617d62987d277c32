import { fileURLToPath } from 'node:url';
import type { FetchApp } from '#fetch/fetch-app.ts';
import { isNodeApp, type NodeApp } from '#fetch/node-app.ts';
import { findHandlers, hasMembers, type Members, noHandler } from './app-handlers.ts';
import type { Context } from './context.ts';
import { ModuleLoad } from './module-load.ts';
import {
  type ModuleOptions,
  misspelt,
  moduleOptions,
  type OptionsPlace,
  passedOver,
  plainOptions,
} from './module-options.ts';
import { nodeAppOf } from './node-handler.ts';
import type { ServeCall } from './serve-capture.ts';
import type { ServerEnd } from './shutdown.ts';
import type { ServerInSight, ThreadServer } from './thread-server.ts';

/** An app module, loaded. */
export interface LoadedApp {
  /** The app. */
  readonly app: FetchApp<Context> | NodeApp;
  /** What of the module answers, for people: `default.fetch`. */
  readonly handler: string;
  /** What is to be looked at, a line each. */
  readonly warnings: readonly string[];
  /** The names of members that mean nothing to heddle. */
  readonly passedOver: readonly string[];
  /** Its options. */
  readonly options: ModuleOptions;
  /**
   * The server has an address: where the module waits for that in `await serve()`, it goes on. Called before `ready`.
   * @returns resolves when the module is loaded to its end, or waits for the end of the server
   */
  readonly bound: (server: ServerInSight) => Promise<void>;
  /** This thread's last request is gone. Called before `close`. */
  readonly drained: (end: ServerEnd) => void;
  /** Its `ready`. */
  readonly ready: () => Promise<void>;
  /** Its `close`. */
  readonly close: () => Promise<void>;
}

/**
 * Imports an app module and finds its handler: an export `fetch`, `default.fetch`, a default function of one parameter,
 * what it gave `serve()`, or a Node app. Runs in server threads only.
 * @param url of the module
 * @throws {HeddleError} `ERR_HEDDLE_APP_IMPORT` where it cannot be loaded, `ERR_HEDDLE_APP_NO_HANDLER`,
 *   `ERR_HEDDLE_APP_TWO_HANDLERS`, `ERR_HEDDLE_APP_LISTENS` where it has a server of its own listen,
 *   `ERR_HEDDLE_SERVE_IN_THREAD` for a `serve()` of anything but a function, `ERR_HEDDLE_OPTION` and
 *   `ERR_HEDDLE_NO_TARGET` for its `static` and `tasks`
 */
export async function loadApp(url: URL): Promise<LoadedApp> {
  const load = new ModuleLoad(url);
  const { exports, call } = await load.firstPart();
  const whole = exports.default;
  const standard = isObject(whole) || (hasMembers(whole) && typeof whole.fetch === 'function') ? whole : {};
  const named =
    typeof exports.fetch === 'function'
      ? { ...folders(standard), ...exports, ...plainOptions(standard) }
      : standard;
  const source = call?.options ?? named;
  const found = findHandlers(exports, call, url);
  const first = found[0] ?? nodeAppIn(exports, load, url);
  const isNode = isNodeApp(first);
  const answering = isNode ? [first.nodeServer] : found.map(({ handler }) => handler);
  const place = call === undefined ? placeBeside(url) : placeOfCall(call);
  const ignored = isNode ? [] : passedOver(call?.options ?? standard);
  let beside: Members = {};
  let server: ThreadServer | undefined;
  const common = {
    handler: isNode ? 'the default export' : first.name,
    warnings: [...load.judgeListening([whole, ...answering]), ...misspelt(ignored, place)],
    bound: async (sight: ServerInSight) => {
      const rest = await load.secondPart(sight);
      server = rest.handle;
      // What a module exports that waited in serve() is known by now.
      if (call !== undefined) beside = rest.exports;
    },
    passedOver: ignored,
    drained: (end: ServerEnd) => server?.onDrained(end),
  };
  if (isNode) return { ...common, ...nodeParts(first, exports, url) };
  const error = source.error;
  return {
    ...common,
    app: {
      fetch: first.answer,
      ...(typeof error === 'function' ? { error: (thrown: unknown) => error.call(source, thrown) } : {}),
    },
    options: moduleOptions(source, place),
    ready: () => callIfThere('ready', source, beside),
    close: () => callIfThere('close', source, beside),
  };
}

/** Members of what a framework made are the framework's: options, `ready` and `close` are those that are exported by name. */
function nodeParts(
  app: NodeApp,
  exports: Members,
  url: URL,
): Pick<LoadedApp, 'app' | 'options' | 'ready' | 'close'> {
  return {
    app,
    options: moduleOptions(exports, placeBeside(url)),
    ready: async () => {
      await callIfThere('ready', exports);
      await app.ready?.();
    },
    close: async () => {
      await callIfThere('close', exports);
      await app.close?.();
    },
  };
}

/** What is served beside the handler. */
function folders({ static: folder, tasks, virtualHosts }: Members): Members {
  return {
    ...(folder === undefined ? {} : { static: folder }),
    ...(tasks === undefined ? {} : { tasks }),
    ...(virtualHosts === undefined ? {} : { virtualHosts }),
  };
}

function placeBeside(url: URL): OptionsPlace {
  return { name: fileURLToPath(url), base: url };
}

function placeOfCall({ place }: ServeCall): OptionsPlace {
  return { name: `serve() in ${place}`, base: 'the working directory' };
}

function nodeAppIn(exports: Members, load: ModuleLoad, url: URL): NodeApp {
  const node = nodeAppOf(exports.default);
  if (node !== undefined) return node;
  // One that listens by itself needs no handler, and is told so.
  load.judgeListening([]);
  throw noHandler(exports, url);
}

async function callIfThere(name: 'ready' | 'close', ...sources: readonly Members[]): Promise<void> {
  const source = sources.find((members) => typeof members[name] === 'function');
  await (source?.[name] as (() => unknown) | undefined)?.call(source);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}
