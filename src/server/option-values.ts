import { parseTrustedAddresses } from '#semantics/forwarded.ts';
import { LEAST_HEAP_MB } from '#threads/heap-limits.ts';
import { ACCESS_LOG_FORMATS } from './access-line.ts';
import { parseAdminAddress } from './admin-address.ts';
import { parseRate } from './rate-value.ts';
import { readCacheRules, readFieldRules, readOrigins } from './rule-values.ts';

/** What values an option takes. `duration`: milliseconds, or text such as `500ms`, `30s`, `2m`. `bytes`, and `room`, which may
 * be 0: a number, or text such as `64KiB`, `10MB`. `heap`: MiB.
 * `endpoint`: see `admin-address.ts`; `proxies`: see `semantics/forwarded.ts`; `rate`: see `rate-value.ts`; `cache`, `fields`: see
 * `static/path-rule.ts`; `origins`: see `static/cors.ts`. */
export type OptionKind =
  | 'port'
  | 'text'
  | 'path'
  | 'endpoint'
  | 'mode'
  | 'threads'
  | 'count'
  | 'nice'
  | 'duration'
  | 'bytes'
  | 'room'
  | 'heap'
  | 'proxies'
  | 'rate'
  | 'cache'
  | 'fields'
  | 'origins'
  | 'log-format'
  | 'switch';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** `k`, `m` and `g` alone are what nginx means by them. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ b: 1, kb: 1e3, mb: 1e6, gb: 1e9 },
  ...{ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
};
const MOST_THREADS = 1024;
const MOST_HEAP_MB = 1_048_576;

/** What each kind of value is called in messages. */
export const EXPECTED_VALUES: Readonly<Record<OptionKind, string>> = {
  port: 'a port: a whole number from 0 to 65535',
  text: 'a text',
  path: 'a path, or an empty text for none',
  endpoint: 'a port, host:port or [IPv6]:port, or an empty text for none',
  mode: `"umask" or a mode in octal, from "0" to "777" (in code also 0o660)`,
  threads: `"auto" or a whole number from 1 to ${MOST_THREADS}`,
  count: 'a whole number, 0 or more',
  nice: 'a whole number from 0 to 19',
  duration: 'a duration: milliseconds, or a number with ms, s, m or h',
  bytes: 'a number of bytes, 1 or more, or one with KiB, MiB, GiB, kB, MB or GB',
  room: 'a number of bytes, 0 for none, or one with KiB, MiB, GiB, kB, MB or GB',
  heap: `0 or a whole number of MiB from ${LEAST_HEAP_MB} up`,
  proxies:
    'a count of proxies, or a list of addresses, ranges such as 10.0.0.0/8, loopback, linklocal and private (0 for none)',
  rate: 'a rate such as "10/s", "100/m", "1000/15m" or "20/s burst=100", or an empty text for none',
  cache:
    'a list of rules such as "1h; *.html: no-cache; /assets/**: 1y immutable" (a period in s, m, h, d, w or y, or a value of Cache-Control)',
  fields:
    'a list of lines such as "x-frame-options: DENY", behind a line with a pattern for some paths alone (not for fields that frame or describe content)',
  origins: 'a list of origins such as https://example.com, or * for all',
  'log-format': 'auto, combined, json or dev',
  switch: 'true or false',
};

/**
 * Reads a value, from code or as text.
 * @param kind what it should be
 * @param value what was given
 * @returns `undefined` where it is not of that kind
 */
export function readValue(kind: OptionKind, value: unknown): number | string | boolean | undefined {
  return READERS[kind](value);
}

/**
 * A value as people write it: `75s`, `10MiB`, `none`. Read again it is the same value.
 * @param kind what it is
 * @param value one that the kind has
 */
export function showValue(kind: OptionKind, value: number | string | boolean): string {
  if (value === '') return 'none';
  if (typeof value !== 'number' || value === 0) return String(value);
  if (kind === 'duration') return value % 1000 === 0 ? `${value / 1000}s` : `${value}ms`;
  if (kind !== 'bytes' && kind !== 'room') return String(value);
  const unit = SHOWN_UNITS.find(([, size]) => value % size === 0);
  return unit === undefined ? String(value) : `${value / unit[1]}${unit[0]}`;
}

const SHOWN_UNITS = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

const READERS: Readonly<Record<OptionKind, (value: unknown) => number | string | boolean | undefined>> = {
  port: (value) => wholeNumber(value, 0, 65_535),
  text: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  path: (value) => (typeof value === 'string' && !value.includes('\0') ? value : undefined),
  endpoint: readEndpoint,
  mode: readMode,
  threads: (value) => (value === 'auto' ? value : wholeNumber(value, 1, MOST_THREADS)),
  nice: (value) => wholeNumber(value, 0, 19),
  count: (value) => wholeNumber(value, 0, Number.MAX_SAFE_INTEGER),
  duration: readDuration,
  bytes: (value) => readBytes(value, 1),
  room: (value) => readBytes(value, 0),
  heap: (value) => wholeNumber(value, 0, 0) ?? wholeNumber(value, LEAST_HEAP_MB, MOST_HEAP_MB),
  proxies: readProxies,
  rate: (value) =>
    value === '' || (typeof value === 'string' && parseRate(value) !== undefined) ? value : undefined,
  cache: readCacheRules,
  fields: readFieldRules,
  origins: readOrigins,
  'log-format': (value) => LOG_FORMATS.find((format) => format === value),
  switch: (value) => SWITCH_VALUES.get(value),
};

const LOG_FORMATS = ['auto', ...ACCESS_LOG_FORMATS] as const;

const SWITCH_VALUES: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
]);

function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined;
  return number >= least && number <= most ? number : undefined;
}

function readMode(value: unknown): number | 'umask' | undefined {
  if (value === 'umask') return value;
  const mode = typeof value === 'string' && /^0?[0-7]{1,3}$/.test(value) ? Number.parseInt(value, 8) : value;
  return typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 0o777 ? mode : undefined;
}

function readDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value) : null;
  if (match === null) return undefined;
  return Number(match[1]) * (UNITS[match[2] ?? 'ms'] ?? 1);
}

function readBytes(value: unknown, least: number): number | undefined {
  const match =
    typeof value === 'string' ? /^(\d{1,16}(?:\.\d{1,16})?)([kmg]?i?b|[kmg])$/i.exec(value) : null;
  const size = SIZES[match?.[2]?.toLowerCase() ?? ''];
  const bytes = size === undefined ? value : Math.floor(Number(match?.[1]) * size);
  return wholeNumber(bytes, least, Number.MAX_SAFE_INTEGER);
}

function readEndpoint(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  return text === '' || parseAdminAddress(text) !== undefined ? text : undefined;
}

function readProxies(value: unknown): number | string | undefined {
  const list =
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(', ') : value;
  const count = wholeNumber(list, 0, Number.MAX_SAFE_INTEGER);
  if (count !== undefined || typeof list !== 'string') return count;
  return parseTrustedAddresses(list) === undefined ? undefined : list;
}
