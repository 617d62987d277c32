import { EventEmitter } from 'node:events';
import { flushCompileCache } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LauncherLink } from '#launcher/launcher-link.ts';
import { poolWorkerEvent, shutdownStarted } from '#observe/events.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import type { Server } from '#server/running-server.ts';
import { serve } from '#server/serve.ts';
import type { AppOptions, ServeOptions } from '#server/serve-targets.ts';
import type { OptionLayer } from '#server/server-config.ts';
import type { ServeArguments } from './arguments.ts';
import { formatAdminLine, formatBanner, hintForFolder } from './banner.ts';
import { wantsColours } from './colours.ts';
import type { ConfigFile } from './config-file.ts';
import type { EnvFiles } from './env-files.ts';
import { tellServerEnd } from './server-end.ts';
import { type ObeyedSignal, obeySignals } from './signals.ts';
import type { StartSignals } from './start-signals.ts';
import { findTarget } from './target.ts';
import { watchFiles, watchFolder } from './watch.ts';

/** Where options come from beside flags. */
export interface ServeSources {
  /** What the environment has from files. */
  readonly environment: EnvFiles;
  /** The config file, read. */
  readonly config: ConfigFile | undefined;
}

/** Who tells this process what to do. */
export interface ServeLinks {
  /** The launcher, if one started this process. */
  readonly link: LauncherLink | undefined;
  /** What obeys signals until the server does. */
  readonly startSignals: StartSignals | undefined;
}

/**
 * Serves until a signal or `--max-requests` ends it.
 * @param args what to serve
 * @param version for the banner
 * @param sources of options; a reload reads them again
 * @param links to who tells this process what to do
 * @returns the exit code
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_USAGE`, and what `serve()` throws
 */
export async function serveUntilEnd(
  args: ServeArguments,
  version: string,
  { environment, config }: ServeSources,
  { link, startSignals }: ServeLinks,
): Promise<number> {
  const { options, target } = findTarget(args.target, config);
  if (args.watch && !('app' in options)) throw nothingToWatch();
  const server = await serve(options, {
    flags: args.flags,
    ownsProcess: true,
    beforeReload: async () => {
      environment.load();
      await config?.load();
    },
    ...(config === undefined ? {} : { config }),
    ...(link === undefined ? {} : { keeper: link }),
    ...(args.watch ? { defaults: watchDefaults(args.quiet) } : {}),
    onAdminOpen: (url) => {
      if (!args.quiet && !process.stdout.isTTY && link?.isSuccessor !== true)
        process.stdout.write(formatAdminLine(url));
    },
  });
  obeySignals(server, process.stdin.isTTY);
  startSignals?.handOver(server);
  if (link !== undefined) obeyLauncher(link, server);
  if (args.watch) {
    const reload = (path: string): void => {
      // The log has why it failed: the next change may mend it.
      server.reload({ reason: `${path} changed` }).catch(() => undefined);
    };
    const { app } = options as AppOptions;
    const { accessLog } = server.settings;
    const outputs = accessLog === '' ? [] : [resolve(accessLog)];
    watchFolder(dirname(resolve(app instanceof URL ? fileURLToPath(app) : app)), outputs, reload);
    watchFiles([...environment.paths, ...(config === undefined ? [] : [config.path])], reload);
  }
  if (server.settings.poolLog && !args.quiet) printPool();
  // The line of the first server still holds: same place, same app.
  if (!args.quiet && link?.isSuccessor !== true) {
    const startMs = performance.now();
    const hint = hintForFolder(folderAlone(options), server.settings);
    const facts = { version, target, server, startMs, hint };
    const reader = { isTerminal: process.stdout.isTTY, hasColours: wantsColours(process.stdout) };
    process.stdout.write(formatBanner(facts, reader));
  }
  if (args.open && link?.isSuccessor !== true) (await import('./open-browser.ts')).openInBrowser(server);
  const end = await server.closed;
  await link?.tellEnding();
  return tellServerEnd(end) ? 0 : 1;
}

/** The folder that is all there is. */
function folderAlone(options: ServeOptions): string | undefined {
  if ('app' in options || 'virtualHosts' in options || options.static === undefined) return undefined;
  return options.static instanceof URL ? fileURLToPath(options.static) : options.static;
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

/**
 * While an app is being written, a loop without end is more likely than a long computation, and whoever looks on wants to
 * see each request.
 */
function watchDefaults(isQuiet: boolean): OptionLayer {
  const isLookedAt = process.stdout.isTTY && !isQuiet;
  return {
    origin: () => '--watch',
    values: { hangTimeoutMs: 2_000, ...(isLookedAt ? { accessLog: '-' } : {}) },
  };
}

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
