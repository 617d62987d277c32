import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: its threads, and its pool. */
export const THREAD_OPTIONS = {
  threads: {
    kind: 'threads',
    flag: '-t, --threads <count>',
    env: 'HEDDLE_THREADS',
    default: 'auto',
    about: 'server threads; auto: the CPUs that this process may use',
    reason: 'one event loop a core uses them all and no more',
  },
  poolThreads: {
    kind: 'threads',
    flag: '--pool-threads <count>',
    env: 'HEDDLE_POOL_THREADS',
    default: 'auto',
    about: 'threads for blocking jobs; auto: the CPUs, at least 4',
    reason: 'jobs may wait rather than compute, so a few more than cores',
  },
  poolQueue: {
    kind: 'count',
    flag: '--pool-queue <count>',
    env: 'HEDDLE_POOL_QUEUE',
    default: 10_000,
    about: 'jobs that may wait, in each server thread; with one more the request gets a 503; 0: no limit',
    reason: 'some seconds of short jobs, and memory that is bounded',
  },
  poolNice: {
    kind: 'nice',
    flag: '--pool-nice <0-19>',
    env: 'HEDDLE_POOL_NICE',
    default: 10,
    about: 'how much pool threads yield to server threads, on Linux; 0: not at all',
    reason: 'jobs that compute on every core would delay each answer by milliseconds',
  },
  threadMemoryMb: {
    kind: 'heap',
    flag: '--thread-memory <MiB>',
    env: 'HEDDLE_THREAD_MEMORY',
    default: 0,
    about: "the heap of each server thread, in MiB; 0: Node's own limit; not from an app module",
    reason: "Node's own fits the machine, and only who runs it knows what else runs there",
  },
  poolLog: {
    kind: 'switch',
    flag: '--pool-log',
    env: 'HEDDLE_POOL_LOG',
    default: false,
    about: "print the pool's jobs and its end in the words of the book",
    reason: 'a line a job is for learning, not for production',
  },
  maxRequests: {
    kind: 'count',
    flag: '--max-requests <count>',
    env: 'HEDDLE_MAX_REQUESTS',
    default: 0,
    about: 'serve so many requests over all threads, then shut down; 0: no limit',
    reason: "the book's server stops after two; others do not stop",
  },
} as const;
THREAD_OPTIONS satisfies Record<string, OptionRow>;
