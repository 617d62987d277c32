import { errorReply } from '#exchange/error-reply.ts';
import type { Answer, Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';

/** Pages of which origins may read what is served: all of them, or those of a list. */
export type AllowedOrigins = '*' | readonly string[];

/** How long a browser may remember a preflight: as long as Chromium remembers any. */
const PREFLIGHT_SECONDS = 7200;

/**
 * Reads which origins are allowed: `*`, or origins as browsers send them, `https://example.com`, with commas or blanks
 * between them.
 * @param text the list
 * @returns empty for an empty text; `undefined` where one is no origin
 */
export function parseOrigins(text: string): AllowedOrigins | undefined {
  const origins = text.split(/[\s,]+/).filter((origin) => origin !== '');
  if (origins.includes('*')) return origins.length === 1 ? '*' : undefined;
  return origins.every(isOrigin) ? origins : undefined;
}

/** As it is sent, byte for byte: in lower case, without a default port, a path or a slash. */
function isOrigin(text: string): boolean {
  return URL.parse(text)?.origin === text;
}

/**
 * Lets scripts of some other sites read what a handler answers (Fetch, 3.3), and answers their preflights. For all sites the
 * answers have {@link FOR_ALL} already. Requests with credentials get nothing more by it.
 * @param handler what answers
 * @param origins whose scripts
 * @param answersPreflights whether preflights are answered here, or left to the next handler
 */
export function allowOrigins(handler: Handler, origins: AllowedOrigins, answersPreflights: boolean): Handler {
  // The same for every request: the folder's own fields.
  if (origins === '*')
    return (request) =>
      answersPreflights && isPreflight(request) ? preflightReply(FOR_ALL) : handler(request);
  return (request) => {
    const fields = fieldsFor(request, origins);
    if (answersPreflights && isPreflight(request)) return preflightReply(fields);
    const answer = handler(request);
    if (answer instanceof Promise)
      return answer.then((settled) => (settled === undefined ? undefined : withFields(settled, fields)));
    return answer === undefined ? undefined : withFields(answer, fields);
  };
}

function fieldsFor(request: IncomingRequest, origins: readonly string[]): readonly string[] {
  const origin = request.field('origin');
  const isAllowed = origin !== undefined && origins.includes(origin);
  return isAllowed ? [...VARIES, 'access-control-allow-origin', origin, ...EXPOSED] : VARIES;
}

/** Else a script would see of the fields the seven safe ones alone, and no `Content-Range`. */
const EXPOSED = ['access-control-expose-headers', '*'];
/** What every answer has where all origins may read it. */
export const FOR_ALL: readonly string[] = ['access-control-allow-origin', '*', ...EXPOSED];
/** Without an `Origin` too: a cache must not give a script what a navigation got. */
const VARIES: readonly string[] = ['vary', 'origin'];

function isPreflight(request: IncomingRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.field('origin') !== undefined &&
    request.field('access-control-request-method') !== undefined
  );
}

function preflightReply(fields: readonly string[]): Reply {
  if (fields === VARIES) return errorReply(403, VARIES);
  const allowed = [
    ...['access-control-allow-methods', 'GET, HEAD', 'access-control-allow-headers', '*'],
    ...['access-control-max-age', `${PREFLIGHT_SECONDS}`],
  ];
  return { status: 204, fields: [...fields, ...allowed], body: undefined };
}

function withFields(answer: Answer, fields: readonly string[]): Answer {
  if ('takeOver' in answer) return answer;
  // With these fields it is not given again: what is written of it need not be kept.
  const { memo: _, ...reply } = answer;
  return { ...reply, fields: [...reply.fields, ...fields] };
}
