import { readlinkSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { basename } from 'node:path';
import { workerData } from 'node:worker_threads';
import { installWebGlobals } from '#fetch/web-globals.ts';
import { ConnectionBoard } from '#net/connection-board.ts';
import { createLog, logRequests } from '#observe/log.ts';
import { SharedCounts } from '#observe/shared-counts.ts';
import type { JobRunner } from '#pool/job-runner.ts';
import { JobSender } from '#pool/job-sender.ts';
import { watchHeap } from '#threads/heap-watch.ts';
import {
  onDrain,
  onMessage,
  placed,
  postToOwner,
  reportReady,
  reportStartFailure,
} from '#threads/thread-side.ts';
import { type LoadedApp, loadApp } from './app-module.ts';
import { showCurrentRequest } from './current-request.ts';
import { GenerationCount, generationLog } from './generation-log.ts';
import type { FromServerThread, ServerLaunch, ToServerThread } from './server-messages.ts';
import { Site } from './site.ts';
import { ThreadCompression } from './thread-compression.ts';
import { ThreadMeter } from './thread-meter.ts';
import { toldLog } from './told-log.ts';

// The entry of a server thread: waits, as a spare, for its place; loads the app, tells its options, waits for settings and socket, makes the app ready,
// waits until it may accept, serves, drains.

type ListenOrder = Extract<ToServerThread, { kind: 'listen' }>;

await placed();
const launch = workerData as ServerLaunch;
const listenOrder = Promise.withResolvers<ListenOrder>();
const acceptOrder = Promise.withResolvers<void>();
let site: Site | undefined;
let sender: JobSender | undefined;
let compression: ThreadCompression | undefined;
let meter: ThreadMeter | undefined;
const cutShort = Promise.withResolvers<void>();
let idleGraceMs: number | undefined;

onMessage((message) => {
  const order = message as ToServerThread;
  switch (order.kind) {
    case 'listen':
      // At once: what concerns the pool follows on its heels.
      if (order.counts !== undefined) meter = new ThreadMeter(new SharedCounts(order.counts));
      sender = new JobSender(order.seat, {
        maxQueue: order.settings.poolQueue || Number.POSITIVE_INFINITY,
        meter,
        onCondemned: () => post({ kind: 'pool-condemned' }),
      });
      listenOrder.resolve(order);
      break;
    case 'accept':
      acceptOrder.resolve();
      break;
    case 'adopt':
      void site?.listener.listen(order.lease);
      break;
    case 'leave':
      if ('fd' in order.lease) void site?.listener.leave(order.lease.fd);
      break;
    case 'take':
      site?.listener.adopt(order.idle);
      site?.listener.seeOff(order.leaving);
      site?.listener.breakOff(order.broken);
      break;
    case 'idle-grace':
      idleGraceMs = order.idleGraceMs;
      break;
    case 'cut-short':
      cutShort.resolve();
      break;
    case 'pool-link':
      sender?.attach(order.link);
      break;
    case 'pool-gone':
      sender?.detach(order.worker, order.reason);
      break;
    case 'compressed':
      compression?.onMessage(order);
      break;
    case 'pool-failed':
      sender?.fail(order.error);
      break;
  }
});

// An exception, a rejection and process.exit() all come by here; an exhausted heap runs no JavaScript any more.
process.on('exit', () => {
  site?.listener.forsakeQueues();
  site?.listener.logLoss();
});
const log = createLog(`server-${launch.index}`);
const generationCount = new GenerationCount(launch.generationCount);
const toldOf = toldLog(generationLog(log, launch.generation, generationCount), (severity, message) => {
  // Where nobody counts nobody can look.
  if (meter !== undefined) post({ kind: 'logged', severity, message: `server-${launch.index} ${message}` });
});
logRequests(toldOf);
installWebGlobals();
showCurrentRequest(() => site?.listener.settleBoard());
try {
  await start();
} catch (error) {
  reportStartFailure(error);
}

async function start(): Promise<void> {
  const loaded = launch.app === undefined ? undefined : await loadApp(new URL(launch.app));
  // Each thread finds the same.
  if (launch.index === 0) for (const line of loaded?.warnings ?? []) log.write('warning', line);
  post({
    kind: 'loaded',
    options: loaded?.options ?? { values: {}, staticRoot: undefined, tasks: undefined },
  });
  const order = await listenOrder.promise;
  const board = new ConnectionBoard(order.board);
  board.systemId = systemThreadId();
  const pool = jobRunner();
  if (order.settings.compressCacheBytes > 0) compression = new ThreadCompression(pool, post);
  const { folder, hosts, accounts } = order.served;
  const hasFolders = folder !== undefined || hosts.length > 0 || accounts !== undefined;
  site = new Site({
    app: loaded?.app,
    served: order.served,
    // An app alone starts sooner without what serves files.
    folders: hasFolders ? await import('./host-handler.ts') : undefined,
    settings: order.settings,
    thread: launch.index,
    pool,
    compressed: compression,
    admit: admission(order.settings.maxRequests),
    board,
    meter,
    accessLog: order.accessLog,
    generation: launch.generation,
    limits: order.limits,
  });
  meter?.start();
  await loaded?.bound(order);
  await loaded?.ready();
  // Where there is a cache: before anybody is served, for it takes tens of milliseconds the first time.
  flushCompileCache();
  const serving = site;
  onDrain(() => drain(serving, loaded, order));
  // In a reload the others may fail: nobody accepts before all have come so far.
  post({ kind: 'prepared' });
  await acceptOrder.promise;
  for (const lease of order.leases) await serving.listener.listen(lease);
  reportReady();
  watchHeap();
}

async function drain(site: Site, loaded: LoadedApp | undefined, { settings }: ListenOrder): Promise<void> {
  await site.listener.stopAccepting();
  post({ kind: 'stopped-accepting' });
  const requests = await site.drain(idleGraceMs ?? settings.idleGraceMs, cutShort.promise);
  if (requests.length > 0) post({ kind: 'cut', requests });
  loaded?.drained({ cut: requests, stoppedThreads: [], stuckThreads: 0 });
  await loaded?.close();
}

/** Counts request heads over all threads, so that exactly `maxRequests` are answered. */
function admission(maxRequests: number): () => boolean {
  if (maxRequests === 0) return () => true;
  const count = new Int32Array(launch.requestCount);
  return () => {
    const number = Atomics.add(count, 0, 1) + 1;
    if (number === maxRequests) post({ kind: 'max-requests' });
    return number <= maxRequests;
  };
}

/** The pool as the app sees it; the first job of a server without `tasks` makes the supervisor start its threads. */
function jobRunner(): JobRunner {
  let asked = false;
  const call = (name: 'execute' | 'stream', args: unknown[]): unknown => {
    if (!asked) post({ kind: 'need-pool' });
    asked = true;
    return Reflect.apply((sender as JobSender)[name], sender, args);
  };
  return {
    execute: (...args: unknown[]) => call('execute', args),
    stream: (...args: unknown[]) => call('stream', args),
  } as JobRunner;
}

/** What Linux calls this thread; 0 elsewhere. */
function systemThreadId(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return 0;
  }
}

function post(message: FromServerThread): void {
  postToOwner(message);
}
