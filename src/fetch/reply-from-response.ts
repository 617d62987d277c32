import type { Reply, ReplyBody } from '#exchange/reply.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { StreamChunks } from './body-chunks.ts';
import { wasDecoded, withoutCoding } from './decoded-content.ts';
import { flatFields, hasField, without } from './response-fields.ts';
import {
  bodyLength,
  hasDecodedBody,
  isWebResponse,
  takeBody,
  takeFields,
  type WebResponse,
} from './web-response.ts';

/**
 * Fields that speak of the connection and not of the answer (RFC9110§7.6.1). The connection writes its own;
 * an app that passes on what it fetched would otherwise announce a framing that is not there.
 */
const HOP_BY_HOP_OF_426 = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding']);
const HOP_BY_HOP = new Set([...HOP_BY_HOP_OF_426, 'upgrade']);
const UPGRADE_REQUIRED = 426;
const LENGTH_FIELD = new Set(['content-length']);

/**
 * The reply for what an app returned. A `Response` of ours costs no promise, `Headers` or stream; any other is
 * sent through its stream.
 *
 * Its body is used from then on. Whoever sends the reply must iterate a body to the end or call `return()` on its
 * iterator, which cancels the app's stream; for the answer to a HEAD that is `return()` without a `next()`.
 * @param value what the app returned
 * @throws {HeddleError} `ERR_HEDDLE_NOT_A_RESPONSE`, `ERR_HEDDLE_RESPONSE_USED`, `ERR_HEDDLE_RESPONSE_STATUS`
 */
export function replyFromResponse(value: unknown): Reply {
  if (isWebResponse(value)) return replyFromOurs(value);
  if (isResponseLike(value)) return replyFromForeign(value);
  throw new HeddleError(
    'ERR_HEDDLE_NOT_A_RESPONSE',
    `The app's fetch returned ${describe(value)} where a Response is due. Return a Response, or a promise of one, on every path.`,
  );
}

function replyFromOurs(response: WebResponse): Reply {
  const body = takeUnused(response);
  const isDecoded = typeof body === 'object' && hasDecodedBody(response);
  const fields = endToEnd(
    isDecoded ? withoutCoding(takeFields(response)) : takeFields(response),
    response.status,
  );
  const length = bodyLength(response);
  return {
    status: response.status,
    fields: length === undefined ? fields : withLength(fields, length),
    body,
  };
}

function takeUnused(response: WebResponse): ReplyBody {
  try {
    return takeBody(response);
  } catch (cause) {
    throw usedError(cause);
  }
}

/** A `Response` of Node's class or of another implementation: through its fields and its stream. */
function replyFromForeign(response: Response): Reply {
  const { status, body } = response;
  if (status < 200 || status > 599) {
    throw new HeddleError(
      'ERR_HEDDLE_RESPONSE_STATUS',
      `The app's fetch returned a Response with status ${status}, as Response.error() makes it. Return one with a status from 200 to 599.`,
    );
  }
  if (response.bodyUsed || body?.locked === true) throw usedError();
  const fields = endToEnd(flatFields(response.headers), status);
  return {
    status,
    fields: wasDecoded(response) ? withoutCoding(fields) : fields,
    body: body === null ? undefined : new StreamChunks(body),
  };
}

/** The fields without those of the connection; the same list where there are none. */
function endToEnd(fields: readonly string[], status: number): readonly string[] {
  // RFC9110§15.5.22: a 426 must say what to upgrade to.
  const dropped = status === UPGRADE_REQUIRED ? HOP_BY_HOP_OF_426 : HOP_BY_HOP;
  for (let index = 0; index < fields.length; index += 2) {
    if (dropped.has(fields[index] ?? '')) return without(fields, dropped);
  }
  return fields;
}

/** The fields with the length of content whose length is known; one that the app gave may not be true. */
function withLength(fields: readonly string[], length: number): readonly string[] {
  const others = hasField(fields, 'content-length') ? without(fields, LENGTH_FIELD) : fields;
  return [...others, 'content-length', String(length)];
}

function isResponseLike(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const { status, headers, body } = value as Partial<Response>;
  return (
    typeof status === 'number' &&
    typeof headers === 'object' &&
    Symbol.iterator in headers &&
    (body === null || (typeof body === 'object' && typeof body.getReader === 'function'))
  );
}

function usedError(cause?: unknown): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_RESPONSE_USED',
    'The app returned a Response whose body was already read. Return response.clone(), or make a new Response.',
    { cause },
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'object') return `an object of class ${value.constructor?.name ?? 'null'}`;
  return `a ${typeof value}`;
}
