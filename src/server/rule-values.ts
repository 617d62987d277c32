import { parseOrigins } from '#static/cors.ts';
import { parseCacheRules, parseFieldRules } from '#static/path-rule.ts';

/** Rules for `Cache-Control`, as text or by pattern: see `static/path-rule.ts`. */
export type CacheRules = string | Readonly<Record<string, string>>;

/** Rules for fields: as text, by name for every path, or by pattern and then by name. */
export type FieldRules = string | Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/**
 * Reads rules for `Cache-Control`.
 * @param value as text, several texts, or an object by pattern
 * @returns as one text; `undefined` where one cannot be read
 */
export function readCacheRules(value: unknown): string | undefined {
  const text = textOf(value, '\n', (pattern, rule) =>
    typeof rule === 'string' ? `${pattern}: ${rule}` : undefined,
  );
  return text === undefined || parseCacheRules(text) === undefined ? undefined : text;
}

/**
 * Reads rules for fields.
 * @param value as text, several texts, or an object
 * @returns as one text; `undefined` where one cannot be read
 */
export function readFieldRules(value: unknown): string | undefined {
  const text = textOf(value, '\n**\n', (key, rule) => {
    if (typeof rule === 'string') return `${key}: ${rule}`;
    const lines = isRecord(rule) ? Object.entries(rule).map(([name, value]) => `${name}: ${value}`) : [];
    return lines.length === 0 ? undefined : [patternLine(key), ...lines].join('\n');
  });
  return text === undefined || parseFieldRules(text) === undefined ? undefined : text;
}

/**
 * Reads whose pages may read what is served.
 * @param value `true` or `*` for all, or origins, as text or a list
 * @returns as one text, empty for none; `undefined` where one is no origin
 */
export function readOrigins(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? '*' : '';
  const text = textOf(value, ' ', () => undefined);
  return text === undefined || parseOrigins(text) === undefined ? undefined : text;
}

function textOf(
  value: unknown,
  between: string,
  lineOf: (key: string, rule: unknown) => string | undefined,
): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value.every((one) => typeof one === 'string') ? value.join(between) : undefined;
  if (!isRecord(value)) return undefined;
  const lines = Object.entries(value).map(([key, rule]) => lineOf(key, rule));
  return lines.every((line) => line !== undefined) ? lines.join(between) : undefined;
}

/** Text knows a pattern by its first character. */
function patternLine(pattern: string): string {
  if (/^[/*!]/.test(pattern)) return pattern;
  return pattern.includes('/') ? `/${pattern}` : `**/${pattern}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
