import { setImmediate as oneTurn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { workerData } from 'node:worker_threads';
import { isNodeApp } from '#fetch/node-app.ts';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { reportReady, reportStartFailure } from '#threads/thread-side.ts';
import { loadApp } from './app-module.ts';
import { importModule } from './import-error.ts';
import type { ModuleOptions } from './module-options.ts';
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
  /** What is to be looked at, a line each. */
  readonly warnings: readonly string[];
  /** The names of members beside its handler that mean nothing to heddle. */
  readonly passedOver: readonly string[];
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
  const { app, handler, options, warnings, passedOver } = await loadApp(url);
  if (isNodeApp(app)) refuseFolder(options.staticRoot);
  return {
    handler: whatOf(app) ?? handler,
    options,
    warnings,
    passedOver,
    heapBytes: getHeapStatistics().heap_size_limit,
  };
}

/** What an app that is no fetch app says of itself. */
function whatOf(app: object): string | undefined {
  return 'what' in app && typeof app.what === 'string' ? app.what : undefined;
}

async function findTasks(url: URL): Promise<FoundTasks> {
  const exports = await importModule(url);
  return { jobs: Object.keys(exports).filter((name) => typeof exports[name] === 'function') };
}
