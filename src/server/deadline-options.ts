import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: how long answers, a start and an end may take. */
export const DEADLINE_OPTIONS = {
  requestTimeoutMs: {
    kind: 'duration',
    flag: '--request-timeout <duration>',
    env: 'HEDDLE_REQUEST_TIMEOUT',
    default: 0,
    about: 'by when the answer to a request must begin, its content read (503 after that); 0: no limit',
    reason: 'only the app knows how long its answers take',
  },
  lingerMs: {
    kind: 'duration',
    flag: '--linger <duration>',
    env: 'HEDDLE_LINGER',
    default: 2_000,
    about: 'how long a client may take to read the last answer before a close',
    reason: 'a round trip or two, on a bad line',
  },
  shutdownDelayMs: {
    kind: 'duration',
    flag: '--shutdown-delay <duration>',
    env: 'HEDDLE_SHUTDOWN_DELAY',
    default: 0,
    about: 'how long a shutdown serves on after /readyz has said 503; not on Ctrl-C at a terminal',
    reason: 'without a balancer that asks, nobody would notice; 5 s suits Kubernetes',
  },
  idleGraceMs: {
    kind: 'duration',
    flag: '--idle-grace <duration>',
    env: 'HEDDLE_IDLE_GRACE',
    default: 2_000,
    about: 'how long idle connections stay open during a shutdown',
    reason: 'a FIN just as a request arrives loses that request',
  },
  drainMs: {
    kind: 'duration',
    flag: '--drain-timeout <duration>',
    env: 'HEDDLE_DRAIN_TIMEOUT',
    default: 10_000,
    about: 'how long a shutdown waits for requests in flight',
    reason: 'supervisors of processes wait longer before they kill',
  },
  stallMs: {
    kind: 'duration',
    flag: '--stall-timeout <duration>',
    env: 'HEDDLE_STALL_TIMEOUT',
    default: 250,
    about: 'how long a thread may stay away from its event loop until others accept from its socket',
    reason: 'longer than a healthy thread is ever away, shorter than a person notices',
  },
  hangTimeoutMs: {
    kind: 'duration',
    flag: '--hang-timeout <duration>',
    env: 'HEDDLE_HANG_TIMEOUT',
    default: 10_000,
    about: 'how long a thread may stay away from its event loop until it is replaced; 0: it never is',
    reason: 'no handler computes for so long on purpose: that is what the pool is for',
  },
  startMs: {
    kind: 'duration',
    flag: '--start-timeout <duration>',
    env: 'HEDDLE_START_TIMEOUT',
    default: 30_000,
    about: 'by when a thread must have loaded the app',
    reason: 'apps that warm caches take seconds, not minutes',
  },
} as const;
DEADLINE_OPTIONS satisfies Record<string, OptionRow>;
