import type { JobMeter } from './job-meter.ts';
import type { TimeQuantiles } from './time-spread.ts';

/** What a `JobSender` tells and is told. */
export interface JobSenderOptions {
  /** How many jobs may wait here. @default 10000 */
  readonly maxQueue?: number;
  /** How long a running job that was given up has to end by itself, in milliseconds. @default 1000 */
  readonly abortGraceMs?: number;
  /** A running job was given up: the owner of the pool threads has to look (`PoolThreads.replaceCondemned()`). */
  readonly onCondemned: (worker: number) => void;
  /** Jobs wait, and no worker is idle. Called once for each turn in which that is so. */
  readonly onShort?: () => void;
  /** Counts its jobs. */
  readonly meter?: JobMeter | undefined;
  /** A worker was given a job. */
  readonly onJob?: (worker: number, name: string) => void;
  /** A worker is done with a job, or was relieved of it. */
  readonly onDone?: (worker: number, name: string) => void;
}

/** What a `JobSender` has done and is doing. */
export interface SenderStats {
  /** Jobs that wait for a worker. */
  readonly queued: number;
  /** Jobs that a worker has. */
  readonly running: number;
  /** Jobs that resolved. */
  readonly completed: number;
  /** Jobs that rejected, for whatever reason. */
  readonly failed: number;
  /** How long jobs waited for a worker, in milliseconds. */
  readonly wait: TimeQuantiles;
  /** How long they ran, in milliseconds. */
  readonly run: TimeQuantiles;
  /** For how long workers have run these jobs in all, in milliseconds: what they are at now is counted too. */
  readonly busyMs: number;
}
