import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { poolWorkerEvent, shutdownStarted } from '#observe/events.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { describeError } from '#observe/log.ts';
import { type ServeOptions, serve } from '#server/serve.ts';
import { type Arguments, readArguments } from './args.ts';
import { formatAdminLine, formatBanner } from './banner.ts';
import { closeOnSignals, reloadOnHangup } from './signals.ts';
import { watchFolder } from './watch.ts';

/**
 * Runs the command: serves until a signal or `--max-requests` ends it, then exits.
 * @param args without the program's name
 */
export async function run(args: readonly string[]): Promise<void> {
  try {
    const version = readVersion();
    const read = readArguments(args, version);
    if (read !== undefined) process.exit(await serveUntilEnd(read, version));
  } catch (error) {
    const isPlain = isHeddleError(error) && !args.includes('--debug');
    console.error(isPlain ? `heddle: ${error.message}` : `heddle: the start failed\n${describeError(error)}`);
    process.exit(1);
  }
}

async function serveUntilEnd(args: Arguments, version: string): Promise<number> {
  const { options, target } = findTarget(args.target);
  if (args.watch && !('app' in options)) throw nothingToWatch();
  const server = await serve(options, {
    flags: args.flags,
    ...(args.watch ? { defaults: WATCH_DEFAULTS } : {}),
    onAdminOpen: (url) => {
      if (!args.quiet && !process.stdout.isTTY) process.stdout.write(formatAdminLine(url));
    },
  });
  closeOnSignals(server, process.stdin.isTTY);
  if (!process.stdin.isTTY) reloadOnHangup(server);
  if (args.watch) {
    watchFolder(dirname(resolve(target)), (path) => {
      // The log has why it failed: the next change may mend it.
      server.reload({ reason: `${path} changed` }).catch(() => undefined);
    });
  }
  if (server.settings.poolLog && !args.quiet) printPool();
  if (!args.quiet) {
    const facts = { version, target, server, startMs: performance.now() };
    process.stdout.write(formatBanner(facts, process.stdout.isTTY));
  }
  const { cut, stoppedThreads, stuckThreads, failure } = await server.closed;
  for (const { method, target: lost } of cut) console.error(`heddle: cut ${method} ${lost}`);
  for (const thread of stoppedThreads) console.error(`heddle: stopped server-${thread}, which did not end`);
  if (stuckThreads > 0) {
    console.error(
      `heddle: native code holds threads (${stuckThreads}); the process is killed, for it cannot exit`,
    );
    process.kill(process.pid, 'SIGKILL');
  }
  if (failure !== undefined) console.error('heddle: every server thread died too often, and none is left');
  return cut.length + stoppedThreads.length === 0 && failure === undefined ? 0 : 1;
}

/** While an app is being written, a loop without end is more likely than a long computation. */
const WATCH_DEFAULTS = { origin: () => '--watch', values: { hangTimeoutMs: 2_000 } };

function nothingToWatch(): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_USAGE',
    'A folder needs no --watch: its files are read anew for each request. Leave it out, or name an app.',
  );
}

/** A folder is served as it is, a file is an app. */
function findTarget(named: string | undefined): { options: ServeOptions; target: string } {
  const target = named ?? (existsSync('./public') ? './public' : '.');
  if (!existsSync(target)) {
    throw new HeddleError('ERR_HEDDLE_NO_TARGET', `There is no folder or app "${target}". Check the path.`);
  }
  const options = statSync(target).isDirectory() ? { static: target } : { app: target };
  return { options, target };
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

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** An error of ours; one that crossed threads is no instance any more, but has its code. */
function isHeddleError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_HEDDLE_');
}
