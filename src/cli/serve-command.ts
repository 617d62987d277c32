import { EventEmitter } from 'node:events';
import { flushCompileCache } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { LauncherLink } from '#launcher/launcher-link.ts';
import { poolWorkerEvent, shutdownStarted } from '#observe/events.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Server } from '#server/running-server.ts';
import { serve } from '#server/serve.ts';
import type { ServeArguments } from './args.ts';
import { formatAdminLine, formatBanner, hintForFolder } from './banner.ts';
import type { EnvFiles } from './env-files.ts';
import { tellServerEnd } from './server-end.ts';
import { type ObeyedSignal, obeySignals } from './signals.ts';
import { findTarget } from './target.ts';
import { watchFiles, watchFolder } from './watch.ts';

/**
 * Serves until a signal or `--max-requests` ends it.
 * @param args what to serve
 * @param version for the banner
 * @param environment what the environment has from files; a reload reads them again
 * @param link to the launcher, if one started this process
 * @returns the exit code
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_USAGE`, and what `serve()` throws
 */
export async function serveUntilEnd(
  args: ServeArguments,
  version: string,
  environment: EnvFiles,
  link: LauncherLink | undefined,
): Promise<number> {
  const { options, target } = findTarget(args.target);
  if (args.watch && !('app' in options)) throw nothingToWatch();
  const server = await serve(options, {
    flags: args.flags,
    beforeReload: () => environment.load(),
    ...(link === undefined ? {} : { keeper: link }),
    ...(args.watch ? { defaults: WATCH_DEFAULTS } : {}),
    onAdminOpen: (url) => {
      if (!args.quiet && !process.stdout.isTTY && link?.isSuccessor !== true)
        process.stdout.write(formatAdminLine(url));
    },
  });
  obeySignals(server, process.stdin.isTTY);
  if (link !== undefined) obeyLauncher(link, server);
  if (args.watch) {
    const reload = (path: string): void => {
      // The log has why it failed: the next change may mend it.
      server.reload({ reason: `${path} changed` }).catch(() => undefined);
    };
    watchFolder(dirname(resolve(target)), reload);
    watchFiles(environment.paths, reload);
  }
  if (server.settings.poolLog && !args.quiet) printPool();
  // The line of the first server still holds: same place, same app.
  if (!args.quiet && link?.isSuccessor !== true) {
    const startMs = performance.now();
    const hint = hintForFolder('app' in options ? undefined : target, server.settings);
    const facts = { version, target, server, startMs, hint };
    process.stdout.write(formatBanner(facts, process.stdout.isTTY));
  }
  const end = await server.closed;
  await link?.tellEnding();
  return tellServerEnd(end) ? 0 : 1;
}

function obeyLauncher(link: LauncherLink, server: Server): void {
  const relay = new EventEmitter<Record<ObeyedSignal, []>>();
  obeySignals(server, process.stdin.isTTY, relay);
  link.onSignal((signal) => relay.emit(signal));
  link.onGone(() => {
    console.error('heddle: the launcher is gone, and nobody would start this server anew; it ends');
    void server.close();
  });
  link.tellReady();
  // What was compiled here is there for the next server, though this one may be killed.
  flushCompileCache();
}

/** While an app is being written, a loop without end is more likely than a long computation. */
const WATCH_DEFAULTS = { origin: () => '--watch', values: { hangTimeoutMs: 2_000 } };

function nothingToWatch(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_USAGE',
    'A folder needs no --watch: its files are read anew for each request. Leave it out, or name an app.',
  );
}

/** The lines of the book's server. They stand for pool jobs: those are what its workers run. */
function printPool(): void {
  const lines = {
    job: (worker: number) => `Worker ${worker} got a job; executing.`,
    shutdown: (worker: number) => `Shutting down worker ${worker}`,
    disconnect: (worker: number) => `Worker ${worker} disconnected; shutting down.`,
  };
  shutdownStarted.subscribe(() => process.stdout.write('Shutting down.\n'));
  poolWorkerEvent.subscribe(({ kind, worker }) => process.stdout.write(`${lines[kind](worker)}\n`));
}
