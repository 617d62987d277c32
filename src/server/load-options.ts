import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: how much one client, and all of them together, may ask for. */
export const LOAD_OPTIONS = {
  maxConnectionsPerIp: {
    kind: 'count',
    flag: '--max-connections-per-ip <count>',
    env: 'HEDDLE_MAX_CONNECTIONS_PER_IP',
    default: 0,
    about:
      'open connections of one address (IPv6: one /64) on all threads; further ones are closed; 0: no limit',
    reason: 'offices and carriers put many people behind one address',
  },
  rateLimit: {
    kind: 'rate',
    flag: '--rate-limit <rate>',
    env: 'HEDDLE_RATE_LIMIT',
    default: '',
    about: `requests of one address (IPv6: one /64), as "10/s", "100/m", "20/s burst=100"; 429 above`,
    reason: 'only the app knows how often a client may ask',
  },
  shedLagMs: {
    kind: 'duration',
    flag: '--shed-lag <duration>',
    env: 'HEDDLE_SHED_LAG',
    default: 0,
    about:
      'how late the event loop of a thread may be until its requests are answered 503; 0: as late as it likes',
    reason: 'only the app knows how long it computes at a time when all is well',
  },
} as const;
LOAD_OPTIONS satisfies Record<string, OptionRow>;
