import { readFileSync } from 'node:fs';
import { HeddleError } from '#observe/heddle-error.ts';

/** A request as it goes out. */
export interface FetchRequest {
  /** The method. */
  readonly method: string;
  /** The request target. */
  readonly target: string;
  /** The fields, flat: name, value; one character a byte. */
  readonly fields: readonly string[];
  /** The content, if there is any. */
  readonly content: Uint8Array | undefined;
}

/** What the user asked for. */
export interface AskedRequest {
  /** A path with its query, or a URL. */
  readonly path: string;
  /** The method, where one is given. */
  readonly method: string | undefined;
  /** `name: value`; `name:` leaves out a field that we would send, `name;` has no value. */
  readonly headers: readonly string[];
  /** Pieces of content: text, `@file`, `@-` for standard input; joined by `&`. */
  readonly data: readonly string[];
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Makes the request that a user asks for, in the way of curl; content goes out byte for byte.
 * @param asked what the user wrote
 * @param version of heddle, for `User-Agent`
 * @param input standard input, read where the content is to come from it
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` for what no request can have, and for a file that cannot be read
 */
export async function readFetchRequest(
  asked: AskedRequest,
  version: string,
  input: AsyncIterable<Uint8Array>,
): Promise<FetchRequest> {
  const content = asked.data.length === 0 ? undefined : await readContent(asked.data, input);
  const method = asked.method ?? (content === undefined ? 'GET' : 'POST');
  if (!TOKEN.test(method))
    throw misused(`${JSON.stringify(method)} is no method`, 'Give a word, such as POST.');
  if (method === 'CONNECT') throw misused('CONNECT asks for a tunnel', 'An app has none to give.');
  const { target, authority } = readTarget(asked.path, method);
  const fields = new Map([
    ['host', authority],
    ['user-agent', `heddle/${version}`],
    ['accept', '*/*'],
  ]);
  if (content !== undefined) {
    fields.set('content-length', String(content.length));
    fields.set('content-type', 'application/x-www-form-urlencoded');
  }
  const given = asked.headers.map(readField);
  for (const { name } of given) fields.delete(name.toLowerCase());
  // Chunked, as the user says.
  if (given.some(({ name }) => name.toLowerCase() === 'transfer-encoding')) fields.delete('content-length');
  const lines = [
    ...fields,
    ...given.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  ];
  return { method, target, fields: lines.flat(), content };
}

function readTarget(path: string, method: string): { target: string; authority: string } {
  if (path === '*' && method === 'OPTIONS') return { target: '*', authority: 'localhost' };
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(path) ?? [];
  // A name and password would be a field of their own.
  if (authority !== undefined && (authority.includes('@') || !URL.canParse(`http://${authority}`)))
    throw misused(`${JSON.stringify(path)} has no host that a request could name`, 'Give a path, or a URL.');
  const [beforeFragment = ''] = (rest ?? path).split('#', 1);
  const target = beforeFragment.startsWith('/') ? beforeFragment : `/${beforeFragment}`;
  return { target: escapeTarget(target), authority: asBytes(authority ?? 'localhost') };
}

/** What no target can hold (RFC3986§2) is percent-encoded; all else, dot segments too, stays as it was written. */
function escapeTarget(target: string): string {
  return target.toWellFormed().replace(/[^!#-;=?-[\]_a-z~]/gu, (character) => encodeURIComponent(character));
}

function readField(line: string): { name: string; value: string | undefined } {
  const [, name = '', mark, text = ''] = /^([^:;]*)([:;])(.*)$/s.exec(line) ?? [];
  const value = text.trim();
  if (!TOKEN.test(name.trimEnd()) || (mark === ';' && value !== ''))
    throw misused(`-H ${JSON.stringify(line)} is no field`, 'Write "name: value".');
  if (/[\0\r\n]/.test(value))
    throw misused(`-H ${JSON.stringify(line)} has a line end or a NUL in its value`, 'Leave it out.');
  return { name: name.trimEnd(), value: mark === ':' && value === '' ? undefined : asBytes(value) };
}

/** Text goes out as UTF-8, as curl sends it; here each byte is a character. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

async function readContent(data: readonly string[], input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const [at, piece] of data.entries()) {
    if (at > 0) pieces.push(Buffer.from('&'));
    if (piece === '@-') for await (const chunk of input) pieces.push(chunk);
    else pieces.push(piece.startsWith('@') ? readWhole(piece.slice(1)) : Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw misused(`-d @${path} cannot be read (${code})`, 'Check the path.', cause);
  }
}

function misused(what: string, step: string, cause?: unknown): HeddleError {
  return new HeddleError('ERR_HEDDLE_USAGE', `${what}. ${step}`, { cause });
}
