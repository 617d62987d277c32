import { pathPattern } from './path-pattern.ts';

/** Fields for the answers to some paths. Of several rules that give one field to a path the last counts. */
export interface PathRule {
  /** Which paths: see `path-pattern.ts`. */
  readonly pattern: string;
  /** The fields, flat: name, value; names in lower case. */
  readonly fields: readonly string[];
}

const ALL = '**';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, with blanks between them (RFC9110§5.5). */
const VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;
const DIRECTIVE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:"[^"\\]*"|[!#$%&'*+\-.^_`|~0-9A-Za-z]+))?$/;
const PERIOD = /^(\d{1,9})(s|m|h|d|w|y)(\s+immutable)?$/;
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Fields that say how a message is framed or what its content is: a rule could only make them untrue. */
const NOT_FROM_RULES: ReadonlySet<string> = new Set([
  'accept-ranges',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads rules for `Cache-Control`: one a line, or with `;` between them, as `pattern: value`; a value alone is for every
 * path. A value is a period for which files are kept (`10m`, `1y immutable`), or what the field is to be (`no-store`).
 * @param text the rules
 * @returns `undefined` where one cannot be read
 *
 * @example
 * parseCacheRules('1h; *.html: no-cache; /assets/**: 1y immutable');
 */
export function parseCacheRules(text: string): PathRule[] | undefined {
  const rules: PathRule[] = [];
  for (const line of text.split(/[;\n]/).map((part) => part.trim())) {
    if (line === '') continue;
    const [, pattern = ALL, text = line] = /^(\S+):\s+(.*)$/.exec(line) ?? [];
    const value = cacheControl(text);
    if (value === undefined || pathPattern(pattern) === undefined) return undefined;
    rules.push({ pattern, fields: ['cache-control', value] });
  }
  return rules;
}

function cacheControl(text: string): string | undefined {
  const [, count, unit = '', immutable] = PERIOD.exec(text) ?? [];
  if (count === undefined) {
    const directives = text.split(',').map((directive) => directive.trim());
    return directives.every((directive) => DIRECTIVE.test(directive)) && !/^\d/.test(text)
      ? directives.join(', ')
      : undefined;
  }
  const period = `public, max-age=${Number(count) * (SECONDS[unit] ?? 1)}`;
  return immutable === undefined ? period : `${period}, immutable`;
}

/**
 * Reads rules for fields: `name: value` a line. Lines behind one that is a pattern alone (`/assets/**`, `*.pdf`) are for its
 * paths; those before the first are for every path.
 * @param text the rules
 * @returns `undefined` where one cannot be read, or gives a field that is not a rule's to give
 *
 * @example
 * parseFieldRules('x-frame-options: DENY\n/downloads/**\n  content-disposition: attachment');
 */
export function parseFieldRules(text: string): PathRule[] | undefined {
  const rules: PathRule[] = [];
  let pattern = ALL;
  let fields: string[] = [];
  const close = (): void => {
    if (fields.length > 0) rules.push({ pattern, fields });
    fields = [];
  };
  for (const line of text.split('\n').map((part) => part.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (/^[/*!]\S*$/.test(line)) {
      close();
      if (pathPattern(line) === undefined) return undefined;
      pattern = line;
      continue;
    }
    const field = readField(line);
    if (field === undefined) return undefined;
    fields.push(...field);
  }
  close();
  return rules;
}

function readField(line: string): [name: string, value: string] | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
  const value = line.slice(colon + 1).trim();
  return mayGive(name, value) ? [name, value] : undefined;
}

/**
 * Whether a rule may give a field.
 * @param name in lower case
 * @param value as it would be sent
 */
export function mayGive(name: string, value: string): boolean {
  return TOKEN.test(name) && VALUE.test(value) && !NOT_FROM_RULES.has(name);
}
