import type { ThreadPhase } from '#threads/thread-phases.ts';
import type { KeptEntry } from './server-tally.ts';

/** A request that a thread is at. */
export interface LiveRequest {
  /** Its method and path, as far as they are kept; without the query, which may hold what is nobody's business. */
  readonly line: string;
  /** For how long, in milliseconds. */
  readonly ms: number;
  /** Whether part of the answer is out. */
  readonly isAnswering: boolean;
}

/** A server thread as it is now. */
export interface LiveServerThread {
  readonly index: number;
  /** `restarting`: it died and its replacement waits to be started; `given-up`: it died too often. */
  readonly phase: ThreadPhase | 'restarting' | 'given-up';
  /** Whether it comes back to its event loop; `null` while it is not ready. */
  readonly moves: boolean | null;
  /** How much of the last second its event loop was busy, 0 to 1. */
  readonly load: number;
  /** How late its event loop comes by, in milliseconds; `null` before it serves. */
  readonly lagMs: number | null;
  readonly connections: number;
  /** In the last second. */
  readonly requests: number;
  /** How many threads of this place have died in this generation. */
  readonly deaths: number;
  /** What it is at: those that take longest, at most {@link SHOWN_REQUESTS}. */
  readonly at: readonly LiveRequest[];
  /** How many more there are. */
  readonly more: number;
}

/** A pool thread as it is now. */
export interface LivePoolThread {
  readonly index: number;
  readonly phase: ThreadPhase;
  /** Whether it has a job. */
  readonly isBusy: boolean;
  /** How much of the last second it was busy, 0 to 1. */
  readonly load: number;
}

/** One second of the past. */
export interface LivePoint {
  /** Its end, in milliseconds since 1970. */
  readonly at: number;
  /** Requests that were over, a second. */
  readonly requests: number;
  /** How long half of them took, at most, and all but one in a hundred, in milliseconds; `null` where there were none. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Jobs that ended, a second. */
  readonly jobs: number;
  /** Jobs that waited, at its end. */
  readonly waiting: number;
  /** Pool threads that had a job, at its end. */
  readonly busy: number;
  /** Refused and shed, a second. */
  readonly refused: number;
}

/** What all there has been adds up to. */
export interface LiveTotals {
  readonly requests: number;
  /** By class of status, with `none` and `other`. */
  readonly codes: Readonly<Record<string, number>>;
  readonly refusals: number;
  readonly sheds: number;
  readonly timeouts: number;
  readonly failures: number;
  readonly jobs: number;
  readonly deaths: number;
  readonly reloads: number;
}

/** Everything that the live view shows, as it is now. */
export interface LiveSnapshot {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  readonly startedAt: number;
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  /** What `/readyz` says. */
  readonly ready: string;
  readonly generation: number;
  readonly generations: number;
  readonly connections: number;
  readonly inFlight: number;
  /** The last second. */
  readonly now: LivePoint;
  /** Over the last ten seconds, in milliseconds. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly totals: LiveTotals;
  readonly server: readonly LiveServerThread[];
  readonly pool: readonly LivePoolThread[];
  /** The last warnings and errors, of the supervisor and of server threads, the newest first; without queries. */
  readonly entries: readonly KeptEntry[];
}

/** So many requests are shown of each thread. */
export const SHOWN_REQUESTS = 6;
