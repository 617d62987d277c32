import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: what is logged of requests. */
export const LOG_OPTIONS = {
  accessLog: {
    kind: 'path',
    flag: '--access-log [where]',
    env: 'HEDDLE_ACCESS_LOG',
    default: '',
    about: 'log each request to a file, to stderr, or to - (stdout), which --access-log alone means',
    reason: 'the proxy before a server mostly keeps one; --watch logs to a terminal',
  },
  accessLogFormat: {
    kind: 'log-format',
    flag: '--access-log-format <format>',
    env: 'HEDDLE_ACCESS_LOG_FORMAT',
    default: 'auto',
    about: 'combined, json or dev; auto: dev for a terminal, combined for all else',
    reason: 'a person reads a terminal, and programs that read logs know the combined format',
  },
} as const;
LOG_OPTIONS satisfies Record<string, OptionRow>;
