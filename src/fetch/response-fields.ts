const NativeHeaders = globalThis.Headers;

/** What a `Headers` can be made from. */
export type HeadersInit = NonNullable<ConstructorParameters<typeof Headers>[0]>;

/** The most field names to remember; an app that makes names up must not fill the memory with them. */
const KNOWN_NAMES_LIMIT = 512;
const knownNames = new Map<string, string>();

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The fields of a `Response` as they are at its construction, flat: name, value, name, value; names in lower
 * case. Lines that share a name are joined, but for `set-cookie` (RFC9110§5.3).
 *
 * Plain objects and arrays of plain strings are read here; whatever is unusual is left to Node's own `Headers`,
 * so that it is accepted or refused exactly as there.
 * @param init what the app gave
 * @throws {TypeError} at what the standard refuses
 */
export function snapshotFields(init: HeadersInit): string[] {
  const fields = Array.isArray(init) ? fieldsOfPairs(init) : fieldsOfRecord(init);
  return fields ?? flatFields(new NativeHeaders(init));
}

/**
 * The fields of a `Headers`, flat.
 * @param headers any iterable of pairs whose names are in lower case
 */
export function flatFields(headers: Iterable<readonly [string, string]>): string[] {
  const fields: string[] = [];
  for (const [name, value] of headers) fields.push(name, value);
  return fields;
}

/**
 * Whether a flat list has a field.
 * @param fields flat; names in lower case
 * @param name in lower case
 */
export function hasField(fields: readonly string[], name: string): boolean {
  for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return true;
  return false;
}

/**
 * The fields of a flat list without some.
 * @param fields flat; names in lower case
 * @param names in lower case
 */
export function without(fields: readonly string[], names: ReadonlySet<string>): string[] {
  return fields.filter((_, index) => !names.has(fields[index - (index % 2)] ?? ''));
}

/**
 * A `Headers` of a flat list.
 * @param fields flat; names in lower case
 */
export function headersOf(fields: readonly string[]): Headers {
  const headers = new NativeHeaders();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    headers.append(fields[index] ?? '', fields[index + 1] ?? '');
  }
  return headers;
}

function fieldsOfPairs(pairs: readonly unknown[]): string[] | undefined {
  const fields: string[] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || !addField(fields, pair[0], pair[1])) return undefined;
  }
  return fields;
}

function fieldsOfRecord(record: unknown): string[] | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  if (Symbol.iterator in record || Object.getOwnPropertySymbols(record).length > 0) return undefined;
  const fields: string[] = [];
  for (const name of Object.keys(record)) {
    if (!addField(fields, name, (record as Record<string, unknown>)[name])) return undefined;
  }
  return fields;
}

/** Adds a field if nothing about it is unusual. */
function addField(fields: string[], name: unknown, value: unknown): boolean {
  if (typeof name !== 'string' || typeof value !== 'string' || !isPlainValue(value)) return false;
  const known = knownNames.get(name) ?? learnName(name);
  if (known === undefined || (known !== 'set-cookie' && hasField(fields, known))) return false;
  fields.push(known, value);
  return true;
}

function learnName(name: string): string | undefined {
  if (!TOKEN.test(name)) return undefined;
  const lower = name.toLowerCase();
  if (knownNames.size < KNOWN_NAMES_LIMIT) knownNames.set(name, lower);
  return lower;
}

/** Whether a value is one byte a character, without control characters, and not in need of trimming. */
function isPlainValue(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || code === 0x7f || code > 0xff) return false;
  }
  return value.charCodeAt(0) !== 0x20 && value.charCodeAt(value.length - 1) !== 0x20;
}
