import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Answer, Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import { isFileBody, type Reply, type ReplyBody } from '#exchange/reply.ts';
import { declaredLength } from '#http1/reply-head.ts';
import { isCompressible } from '#semantics/compressible.ts';
import { acceptedCodings, type ContentCoding } from '#semantics/content-coding.ts';
import { hasToken } from '#semantics/headers.ts';
import { BROTLI_PARAMS, CompressedContent, GZIP_LEVEL, ZSTD_PARAMS } from './compressed-content.ts';

/** Less than this fits into one packet either way. */
const LEAST_BYTES = 1024;
/** Up to here compressing takes less time than to have it done elsewhere; behind that it would be felt by others. */
const MOST_BYTES_AT_ONCE = 16_384;

/** Content of a known size, or of one that shows as it comes. */
type KnownContent = string | Uint8Array;

/**
 * Where a client likes several equally well. Zstandard makes the same of it as Brotli at these grades in a third of the time
 * (decision 016).
 */
const CHEAPEST_FIRST = ['zstd', 'br', 'gzip', 'identity'] as const;

/** Fields that speak of the content as it is, or of a part of it: whoever wrote them does not want it changed. */
const OF_THIS_CONTENT: ReadonlySet<string> = new Set([
  'content-digest',
  'content-encoding',
  'content-md5',
  'content-range',
  'digest',
  'repr-digest',
]);

/**
 * Compresses the answers of a handler for clients that take it: content that gets smaller, from 1 KiB on, and content of
 * unknown length as it comes.
 *
 * Left as they are: answers without content (RFC9110§6.4.1), parts (206), what is coded already, and what
 * `Cache-Control: no-transform` protects (RFC9111§5.2.2.6). What would be compressed for another client says so by `Vary`.
 * @param handler whose answers
 */
export function compressAnswers(handler: Handler): Handler {
  return (request) => {
    const answer = handler(request);
    if (answer === undefined) return undefined;
    if (!(answer instanceof Promise)) return compressAnswer(request, answer);
    return answer.then((settled) => (settled === undefined ? undefined : compressAnswer(request, settled)));
  };
}

function compressAnswer(request: IncomingRequest, answer: Answer): Answer {
  if ('takeOver' in answer || !mayBeCompressed(answer)) return answer;
  const [preferred] = acceptedCodings(request.field('accept-encoding'), CHEAPEST_FIRST);
  const coding = preferred === 'identity' ? undefined : preferred;
  const { body } = answer;
  if (coding === undefined) return { ...answer, fields: withVary(answer.fields) };
  if (isKnown(body) && byteLength(body) <= MOST_BYTES_AT_ONCE) return compressAtOnce(answer, body, coding);
  return { ...answer, fields: codedFields(answer.fields, coding), body: streamed(answer, coding) };
}

function mayBeCompressed({ status, fields, body }: Reply): boolean {
  if (status === 204 || status === 205 || status === 206 || status === 304) return false;
  if (typeof body === 'object' && isFileBody(body)) return false;
  let type = '';
  // Of an answer to HEAD that was given without content.
  let length: number | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (OF_THIS_CONTENT.has(name)) return false;
    if (name === 'cache-control' && hasToken(value, 'no-transform')) return false;
    if (name === 'content-type') type = value;
    else if (name === 'content-length') length = Number(value);
  }
  if (!isCompressible(type)) return false;
  if (isKnown(body)) return byteLength(body) >= LEAST_BYTES;
  return body === undefined
    ? length !== undefined && length >= LEAST_BYTES
    : (length ?? LEAST_BYTES) >= LEAST_BYTES;
}

function isKnown(body: ReplyBody): body is KnownContent {
  return typeof body === 'string' || body instanceof Uint8Array;
}

function byteLength(body: KnownContent): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

function bytesOf(body: KnownContent): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function compressAtOnce(reply: Reply, body: KnownContent, coding: ContentCoding): Reply {
  const bytes = bytesOf(body);
  const compressed = COMPRESSORS[coding](bytes);
  if (compressed.length >= bytes.length) return { ...reply, fields: withVary(reply.fields) };
  const fields = [...codedFields(reply.fields, coding), 'content-length', String(compressed.length)];
  return { ...reply, fields, body: compressed };
}

const COMPRESSORS: Readonly<Record<ContentCoding, (bytes: Uint8Array) => Uint8Array>> = {
  br: (bytes) => brotliCompressSync(bytes, { params: BROTLI_PARAMS }),
  zstd: (bytes) => zstdCompressSync(bytes, { params: ZSTD_PARAMS }),
  gzip: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }),
};

function streamed({ body, fields }: Reply, coding: ContentCoding): ReplyBody {
  if (body === undefined) return undefined;
  if (isKnown(body)) return new CompressedContent(once(bytesOf(body)), coding);
  return new CompressedContent(body as AsyncIterable<Uint8Array>, coding, declaredLength(fields));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * The fields of the answer as it is sent: another representation, of a length that is not known, whose bytes another
 * release of a library makes otherwise (a weak tag, RFC9110§8.8.3), and of which no parts are given.
 */
function codedFields(fields: readonly string[], coding: ContentCoding): readonly string[] {
  const coded: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] as string;
    const value = fields[at + 1] as string;
    if (name === 'content-length' || name === 'accept-ranges') continue;
    coded.push(name, name === 'etag' && value.startsWith('"') ? `W/${value}` : value);
  }
  coded.push('content-encoding', coding);
  return withVary(coded);
}

/** RFC9110§12.5.5. */
function withVary(fields: readonly string[]): readonly string[] {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === 'vary');
  if (at < 0) return [...fields, 'vary', 'accept-encoding'];
  const values = fields.filter((_, index) => index % 2 === 1 && fields[index - 1] === 'vary');
  if (values.some((value) => hasToken(value, 'accept-encoding') || hasToken(value, '*'))) return fields;
  return fields.with(at + 1, `${fields[at + 1]}, accept-encoding`);
}
