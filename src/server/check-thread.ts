import { setImmediate as oneTurn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { workerData } from 'node:worker_threads';
import { isNodeApp } from '#fetch/node-app.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { reportReady, reportStartFailure } from '#threads/thread-side.ts';
import { loadApp, type ModuleOptions } from './app-module.ts';
import { importModule } from './import-error.ts';
import { refuseFolder } from './node-taker.ts';

// The entry of a thread that loads an app, or its tasks, as a server would, tells what it found, and is ended.

/** What such a thread starts with, as its `workerData`. */
export interface CheckLaunch {
  /** The URL of the module. */
  readonly module: string;
  /** What it is loaded as. */
  readonly as: 'app' | 'tasks';
}

/** What an app was found to be. */
export interface FoundApp {
  /** Which of its exports answers. */
  readonly handler: string;
  /** Its options. */
  readonly options: ModuleOptions;
  /** How large the heap of such a thread may become, in bytes. */
  readonly heapBytes: number;
}

/** What a tasks module was found to be. */
export interface FoundTasks {
  /** The names of the functions that it exports. */
  readonly jobs: readonly string[];
}

const launch = workerData as CheckLaunch;
try {
  const url = new URL(launch.module);
  const found = launch.as === 'app' ? await findApp(url) : await findTasks(url);
  // A rejection that nobody handles ends the thread by then.
  await oneTurn();
  reportReady(found);
} catch (error) {
  reportStartFailure(error);
}

async function findApp(url: URL): Promise<FoundApp> {
  installWebGlobals();
  const { app, options } = await loadApp(url);
  if (isNodeApp(app)) refuseFolder(options.staticRoot);
  const handler = whatOf(app) ?? handlerOf(await importModule(url));
  return { handler, options, heapBytes: getHeapStatistics().heap_size_limit };
}

/** What an app that is no fetch app says of itself. */
function whatOf(app: object): string | undefined {
  return 'what' in app && typeof app.what === 'string' ? app.what : undefined;
}

/** In the order in which they are looked for. */
function handlerOf(exports: Readonly<Record<string, unknown>>): string {
  if (typeof exports.fetch === 'function') return 'the export fetch';
  const standard = exports.default;
  if (typeof standard === 'object' && standard !== null && 'fetch' in standard) return 'default.fetch';
  return typeof standard === 'function' ? 'the default function' : 'serve()';
}

async function findTasks(url: URL): Promise<FoundTasks> {
  const exports = await importModule(url);
  return { jobs: Object.keys(exports).filter((name) => typeof exports[name] === 'function') };
}
