import { reasonPhrase } from '#semantics/status.ts';
import { mayBeTrailer } from '#semantics/trailers.ts';

/** Status and fields of a reply; what is written besides them is the engine's. */
export interface ReplyHead {
  /** The status code, 200 to 599. */
  readonly status: number;
  /** Flat: name in lower case, value, name, value. */
  readonly fields: readonly string[];
  /** Where the same reply is sent again: the message as it was last written, and what it hung on besides. */
  readonly memo?: WrittenMessage;
}

/** A message that was written, to be written again as it is. */
export interface WrittenMessage {
  message: string | Uint8Array | undefined;
  fields: readonly string[] | undefined;
  body: unknown;
  date: string;
  connection: string;
  framing: string;
}

/**
 * What a handler asked to be sent cannot be sent: a field that would break the message, or a body of another
 * length than promised. A fault of the app, not of the peer.
 */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

/** `token` (RFC9110§5.6.2) */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Anything but `field-vchar / SP / HTAB` (RFC9110§5.5): CR, LF and NUL would split the message. */
const NOT_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Fields of one connection or of the framing, which the engine alone writes (RFC9110§7.6.1). */
const ENGINE_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
]);

/** Names found good before, and whether the app may set them; bounded, since an app may make names up. */
const knownNames = new Map<string, boolean>();
const MAX_KNOWN_NAMES = 1000;

const statusLines = new Map<number, string>();

/**
 * Writes the head of a reply; the only place where one is written, so that no CR, LF or NUL of an app can ever
 * leave in a field.
 * @param head status and fields; `Connection`, framing and other fields of the engine are passed over
 * @param framingField the framing field line with its CRLF, or empty
 * @param connectionFields field lines about the connection with their CRLFs, or empty
 * @param date the value of `Date` where the head has none (RFC9110§6.6.1)
 * @returns the head with its last empty line, each character one byte
 * @throws {ReplyError} for a name or value that may not leave, or a status out of range
 */
export function formatReplyHead(
  head: ReplyHead,
  framingField: string,
  connectionFields: string,
  date: string,
): string {
  return `${firstLines(head, date)}${framingField}${connectionFields}\r\n`;
}

/** The lines that were written last, by what they hang on: of the answers of one second many begin alike. */
const last = { status: 0, fields: [] as readonly string[], date: '', text: '', isFlat: false };

/** All but what hangs on the request: for the fields of the last head, which nobody changes, they are not written again. */
function firstLines({ status, fields }: ReplyHead, date: string): string {
  if (last.fields !== fields || last.status !== status || last.date !== date) {
    last.text = formatFirstLines(status, fields, date);
    last.status = status;
    last.fields = fields;
    last.date = date;
    last.isFlat = false;
  } else if (!last.isFlat) {
    // Of a string that was put together of many, each use copies them one by one; reading a character joins them for good.
    last.text.charCodeAt(0);
    last.isFlat = true;
  }
  return last.text;
}

function formatFirstLines(status: number, fields: readonly string[], date: string): string {
  let text = statusLine(status);
  let hasDate = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (!(knownNames.get(name) ?? checkName(name))) continue;
    if (name === 'date') hasDate = true;
    // RFC9110§7.8: who sends Upgrade, as a 426 must, names it as an option of this connection.
    else if (name === 'upgrade') text += 'connection: upgrade\r\n';
    text += formatFieldLine(name, value);
  }
  return hasDate ? text : `${text}date: ${date}\r\n`;
}

/**
 * Writes the field lines of a trailer section (RFC9112§7.1.2). Fields that may not be trailers are passed over.
 * @param fields flat, names in lower case
 * @returns the lines with their CRLFs, each character one byte; empty where nothing is left
 * @throws {ReplyError} for a name or value that may not leave
 */
export function formatTrailerFields(fields: readonly string[]): string {
  let text = '';
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    if (!(knownNames.get(name) ?? checkName(name)) || !mayBeTrailer(name)) continue;
    text += formatFieldLine(name, fields[at + 1] as string);
  }
  return text;
}

/**
 * The length that a reply's own `content-length` field promises, in bytes.
 * @param fields flat, names in lower case
 * @returns `undefined` where there is none
 * @throws {ReplyError} where it is not a plain decimal number
 */
export function declaredLength(fields: readonly string[]): number | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== 'content-length') continue;
    const value = fields[at + 1] as string;
    if (!/^\d{1,15}$/.test(value))
      throw new ReplyError(`content-length: ${JSON.stringify(value)} is not a length.`);
    return Number(value);
  }
  return undefined;
}

function formatFieldLine(name: string, value: string): string {
  if (NOT_FIELD_VALUE.test(value)) {
    throw new ReplyError(
      `The value of "${name}" has a character that no field may have: ${JSON.stringify(value)}.`,
    );
  }
  return `${name}: ${value}\r\n`;
}

function statusLine(status: number): string {
  const known = statusLines.get(status);
  if (known !== undefined) return known;
  // An interim status would leave the peer waiting, and take the next reply for the answer to this request.
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new ReplyError(
      `${status} is not a status to answer with: a whole number from 200 to 599 (RFC9110§15).`,
    );
  }
  const line = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
  statusLines.set(status, line);
  return line;
}

function checkName(name: string): boolean {
  if (!FIELD_NAME.test(name)) throw new ReplyError(`${JSON.stringify(name)} is not a field name.`);
  if (name !== name.toLowerCase()) throw new ReplyError(`The field name "${name}" is not in lower case.`);
  const isTheApps = !ENGINE_FIELDS.has(name);
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, isTheApps);
  return isTheApps;
}
