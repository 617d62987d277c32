import { describeError } from '#observe/error-text.ts';
import { poolWorkerEvent } from '#observe/events.ts';
import type { Log } from '#observe/log.ts';
import { PoolThreads } from '#pool/pool-threads.ts';
import { describeDeath } from './death-report.ts';
import { importError } from './import-error.ts';
import type { Settings } from './serve-options.ts';
import type { ServerTally } from './server-tally.ts';

/** What the pool of a server is made of. */
export interface ServerPoolOptions {
  /** All options. */
  readonly settings: Settings;
  /** How many threads may have jobs at a time. */
  readonly senders: number;
  /** The URL of the tasks module. */
  readonly tasks: string | undefined;
  /** How many CPUs the process may use. */
  readonly cpus: number;
  /** How many threads there are where nobody says. @default the CPUs, and at least 4 */
  readonly size?: number | undefined;
  /** Where deaths are logged. */
  readonly log: Log;
  /** Counts them. */
  readonly tally: ServerTally;
}

const POOL_LEAST = 4;

/** The pool of a server, not started. */
export function makeServerPool(options: ServerPoolOptions): PoolThreads {
  const { settings, senders, tasks, cpus, size = Math.max(POOL_LEAST, cpus), log } = options;
  const url = tasks === undefined ? undefined : new URL(tasks);
  return new PoolThreads({
    size: settings.poolThreads === 'auto' ? size : settings.poolThreads,
    senders,
    tasks: url,
    drainTimeoutMs: settings.drainMs,
    nice: settings.poolNice,
    reportJobs: settings.poolLog,
    onJob: (worker) => poolWorkerEvent.publish({ kind: 'job', worker }),
    onShutdown: (worker) => poolWorkerEvent.publish({ kind: 'shutdown', worker }),
    onDisconnect: (worker) => poolWorkerEvent.publish({ kind: 'disconnect', worker }),
    onTasksError: (worker, error) => {
      const why = url === undefined ? error.message : importError(error, url).message;
      log.write('error', `pool-${worker} cannot load its tasks: ${why}\n${describeError(error)}`);
    },
    onDeath: (worker, exit, next) => {
      if (next !== 'ended') options.tally.noteEnd('pool', exit.kind);
      log.write('warning', describeDeath(`pool-${worker}`, exit));
    },
  });
}
